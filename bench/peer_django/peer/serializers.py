"""What an event must look like."""

from rest_framework import serializers

_KINDS = ("sold", "refunded", "voided", "corrected", "admitted")
_CHANNELS = ("box_office", "web", "app", "kiosk", "agent")
_PAYMENTS = ("cash", "card", "transfer", "voucher", "mobile", "other")


def _words(**options):
    return serializers.CharField(max_length=64, **options)


def _amount(**options):
    return serializers.IntegerField(min_value=0, max_value=10**12, **options)


class EventSerializer(serializers.Serializer):
    """One event, field by field; no query."""

    kind = serializers.ChoiceField(_KINDS)
    sequence = serializers.IntegerField(min_value=1)
    ticket = _words()
    venue = _words()
    showing = _words()
    happened_at = serializers.DateTimeField()
    price_minor = _amount()
    fee_minor = _amount(default=0)
    discount_minor = _amount(default=0)
    sales_channel = serializers.ChoiceField(_CHANNELS)
    concession = _words(default="", allow_blank=True)
    section = _words(default="", allow_blank=True)
    row = _words(default="", allow_blank=True)
    seat = _words(default="", allow_blank=True)
    payment = serializers.ChoiceField(_PAYMENTS, default="other")
    operator = _words(default="", allow_blank=True)
    till = _words(default="", allow_blank=True)


class BatchSerializer(serializers.Serializer):
    """Up to a thousand events."""

    events = EventSerializer(many=True, allow_empty=False, max_length=1000)
