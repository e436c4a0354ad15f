"""The rules, one file for each level; `judge` asks the one of a test."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ekino.certification.model.plan import Test
from ekino.certification.model.rules import basic, burst, clock, offline, online, qr, refund
from ekino.certification.model.scene import Ruling, Scene

RULES: Mapping[Test, Callable[[Scene], Ruling]] = MappingProxyType(
    {
        Test.ONE_TICKET: basic.one_ticket,
        Test.ALL_FIELDS: basic.all_fields,
        Test.BATCH: basic.batch,
        Test.SAME_BATCH_TWICE: basic.same_batch_twice,
        Test.OWN_TIMES: basic.own_times,
        Test.NUMBERING: basic.numbering,
        Test.WEB_SALE: online.web_sale,
        Test.FEE_APART: online.fee_apart,
        Test.RESERVATION_LAPSES: online.reservation_lapses,
        Test.REFUND_BEFORE: refund.refund_before,
        Test.REFUND_AFTER: refund.refund_after,
        Test.CORRECTION: refund.correction,
        Test.NOTHING_EDITED: refund.nothing_edited,
        Test.BACKLOG: offline.backlog,
        Test.BACKLOG_ORDER: offline.backlog_order,
        Test.BACKLOG_TIMES: offline.backlog_times,
        Test.WRONG_CLOCK: clock.wrong_clock,
        Test.LIMIT: burst.limit,
        Test.FAILURE: burst.failure,
        Test.LOST_ANSWER: burst.lost_answer,
        Test.BURST: burst.burst,
        Test.TOKENS: qr.tokens,
    }
)


def judge(scene: Scene) -> Ruling:
    """Give what became of a test, by what was sent so far."""
    return RULES[scene.test](scene)
