"""Batches in, what became of each event out."""

from django.db import transaction
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from peer.models import Showing, TicketEvent
from peer.serializers import BatchSerializer


class BatchView(APIView):
    """POST /v1/batches."""

    def post(self, request):
        """Enter a batch in one transaction; what is known already is named so."""
        batch = BatchSerializer(data=request.data)
        batch.is_valid(raise_exception=True)
        rows = batch.validated_data["events"]
        showings = _showings(rows)
        events = [
            TicketEvent(
                source=request.user,
                showing_id=showings[row.pop("venue"), row.pop("showing")],
                **row,
            )
            for row in rows
        ]
        with transaction.atomic():
            known = _ids(request.user, events)
            fresh = [event for event in events if _identity(event) not in known]
            TicketEvent.objects.bulk_create(fresh, ignore_conflicts=True)
            ids = known | (_ids(request.user, fresh) if fresh else {})
        return Response(
            {
                "outcomes": [
                    "already_entered" if _identity(event) in known else "entered"
                    for event in events
                ],
                "positions": [ids[_identity(event)] for event in events],
            }
        )


def _showings(rows):
    """Look up every showing of a batch in one query."""
    wanted = {(row["venue"], row["showing"]) for row in rows}
    found = {
        (venue, code): number
        for venue, code, number in Showing.objects.filter(
            venue__in={venue for venue, _ in wanted}, code__in={code for _, code in wanted}
        ).values_list("venue", "code", "id")
    }
    if missing := wanted - found.keys():
        raise ValidationError({"showing": f"unknown: {sorted(missing)[:3]}"})
    return found


def _identity(event):
    return event.ticket, event.kind, event.sequence


def _ids(source, events):
    """Give the ids of those events that are in the table, by identity."""
    rows = TicketEvent.objects.filter(
        source=source, ticket__in=[event.ticket for event in events]
    ).values_list("ticket", "kind", "sequence", "id")
    return {(ticket, kind, sequence): number for ticket, kind, sequence, number in rows}
