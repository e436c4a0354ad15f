"""People of the country who sign in: one for each role; all of them are invented."""

from msgspec import Struct


class Player(Struct, frozen=True, kw_only=True):
    """Somebody who signs in, and as what."""

    role: str
    name: str
    email: str
    language: str
    # Code of the organisation they act for; "" for the state's own.
    organisation: str = ""
    # What they are, for the window of the foyer.
    words: str


PEOPLE = (
    Player(
        role="analyst",
        name="Әйгерім Сәтбай",
        email="analyst@demo.example",
        language="kk",
        words="analyst of the ministry",
    ),
    Player(
        role="operator",
        name="Нұрлан Оспан",
        email="operator@demo.example",
        language="kk",
        words="operator of the register",
    ),
    Player(
        role="auditor",
        name="Светлана Ким",
        email="auditor@demo.example",
        language="ru",
        words="auditor",
    ),
    Player(
        role="exhibitor",
        name="Ержан Қасым",
        email="exhibitor@demo.example",
        language="kk",
        organisation="exh-aqqanat",
        words="cinema manager, Oskemen",
    ),
    Player(
        role="distributor",
        name="Мадина Ахметова",
        email="distributor@demo.example",
        language="ru",
        organisation="dist-tort-qanat",
        words="distributor",
    ),
    Player(
        role="producer",
        name="Дәурен Жақсылық",
        email="producer@demo.example",
        language="kk",
        organisation="studio-qyzyl-shai",
        words="producer, Almaty",
    ),
    Player(
        role="vendor",
        name="Игорь Пак",
        email="vendor@demo.example",
        language="ru",
        organisation="vendor-tasqyn",
        words="ticketing vendor",
    ),
)
