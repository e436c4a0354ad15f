"""Sources, showings and ticket events."""

from django.db import models


class Source(models.Model):
    """A ticketing system and the secret it signs with."""

    code = models.CharField(max_length=64, unique=True)
    secret = models.CharField(max_length=64)

    # What the framework's permission asks of whoever is logged in.
    is_authenticated = True


class Showing(models.Model):
    """A film in a hall at an hour, by the codes that tills know."""

    venue = models.CharField(max_length=64)
    code = models.CharField(max_length=64)

    class Meta:
        """A venue's codes are its own."""

        constraints = [
            models.UniqueConstraint(fields=["venue", "code"], name="showing_code")
        ]


class TicketEvent(models.Model):
    """One fact about one ticket."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False)
    showing = models.ForeignKey(Showing, on_delete=models.PROTECT)
    kind = models.CharField(max_length=16)
    ticket = models.CharField(max_length=64)
    sequence = models.BigIntegerField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    price_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0)
    discount_minor = models.BigIntegerField(default=0)
    sales_channel = models.CharField(max_length=16)
    concession = models.CharField(max_length=64, blank=True)
    section = models.CharField(max_length=64, blank=True)
    row = models.CharField(max_length=64, blank=True)
    seat = models.CharField(max_length=64, blank=True)
    payment = models.CharField(max_length=16, blank=True)
    operator = models.CharField(max_length=64, blank=True)
    till = models.CharField(max_length=64, blank=True)

    class Meta:
        """What makes sending twice safe."""

        constraints = [
            models.UniqueConstraint(
                fields=["source", "ticket", "kind", "sequence"], name="event_identity"
            )
        ]
