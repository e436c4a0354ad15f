"""S10: a printed code is read after blur, noise, fading and dead dots (zxing-cpp as reader)."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image, ImageFilter

from ekino_till import Key, Ticket, make_token, token_url
from ekino_till.qr import DOTS_PER_MODULE_MIN, QUIET_MODULES, Code

SHOTS = 500 if os.environ.get("EKINO_TEST_CAMPAIGN") == "1" else 60
KEY = Key("vendor.example/till-1", Ed25519PrivateKey.generate())
# Camera pixels a printer dot: a phone at reading distance.
PIXELS_PER_DOT = 2
_PAPER = 235


def paper(
    url: str, *, black: int, dead_dots: int, dice: np.random.Generator
) -> Image.Image:
    """Print a code dot by dot: how black the head still prints, and which dots of it are dead."""
    code = Code.of(url)
    side = code.modules * DOTS_PER_MODULE_MIN
    dots = np.full((side + 80, side + 80), _PAPER, np.uint8)
    for row, modules in enumerate(code.symbol.matrix):
        for column, is_dark in enumerate(modules):
            if is_dark:
                top = 40 + (row + QUIET_MODULES) * DOTS_PER_MODULE_MIN
                left = 40 + (column + QUIET_MODULES) * DOTS_PER_MODULE_MIN
                dots[top : top + DOTS_PER_MODULE_MIN, left : left + DOTS_PER_MODULE_MIN] = (
                    black
                )
    for column in dice.integers(40, side + 40, dead_dots):
        dots[:, column] = _PAPER
    size = (dots.shape[1] * PIXELS_PER_DOT, dots.shape[0] * PIXELS_PER_DOT)
    return Image.fromarray(dots).resize(size, Image.Resampling.NEAREST)


def photograph(
    print_: Image.Image, *, blur: float, noise: float, dice: np.random.Generator
) -> np.ndarray[Any, Any]:
    """Photograph it by hand: turned, seen aslant, unevenly lit, out of focus, with noise."""
    turned = print_.rotate(float(dice.uniform(-12, 12)), expand=True, fillcolor=_PAPER)
    width, height = turned.size
    shift = [float(each) for each in dice.uniform(0, 0.05, 8) * width]
    corners = (
        shift[0], shift[1], shift[2], height - shift[3],
        width - shift[4], height - shift[5], width - shift[6], shift[7],
    )  # fmt: skip
    aslant = turned.transform(
        (width, height),
        Image.Transform.QUAD,
        corners,
        Image.Resampling.BILINEAR,
        fillcolor=_PAPER,
    )
    soft = np.asarray(aslant.filter(ImageFilter.GaussianBlur(blur)), np.float32)
    light = np.linspace(dice.uniform(0.6, 1), dice.uniform(0.75, 1.05), width)
    noisy = soft * light + dice.normal(0, noise, soft.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def share_read(shoot: Callable[[str, np.random.Generator], np.ndarray[Any, Any]]) -> float:
    """Give the share of shots from which exactly the printed address is read."""
    read = 0
    for shot in range(SHOTS):
        dice = np.random.default_rng(shot)
        ticket = Ticket(
            hall=shot, start=1_760_003_600, issued=1_760_000_000, price_minor=100
        )
        url = token_url(make_token(KEY, ticket, shot + 1))
        found = zxingcpp.read_barcodes(shoot(url, dice))
        read += [each.text for each in found] == [url]
    return read / SHOTS


@pytest.mark.parametrize(
    ("case", "black", "dead_dots", "blur", "noise", "least"),
    [
        ("usual", 30, 0, 2.2, 9.0, 0.99),
        # What is left of the black is a quarter of the contrast less, and six dots are dead.
        ("faded 75 %, six dead dots", 80, 6, 2.0, 9.0, 0.95),
    ],
    ids=["usual", "faded"],
)
def test_s10_a_printed_code_is_read(
    case: str, black: int, dead_dots: int, blur: float, noise: float, least: float
) -> None:
    def shoot(url: str, dice: np.random.Generator) -> np.ndarray[Any, Any]:
        print_ = paper(url, black=black, dead_dots=dead_dots, dice=dice)
        return photograph(print_, blur=blur, noise=noise, dice=dice)

    share = share_read(shoot)

    words = f"S10 {case}: {SHOTS} shots, {share:.1%} read, at least {least:.0%}"
    print(words)  # noqa: T201 - the campaign's table
    assert share >= least
