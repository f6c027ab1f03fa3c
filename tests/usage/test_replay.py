"""Replaying a trace: what is read, how it is dealt, and that lost answers change no total."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ServiceToken
from catalog.prices import ModelEntry
from tests import cast
from tests.cast import MODEL, OUTPUT_TOKEN
from tests.usage import service
from usage.models import Charge
from usage.replay import deal, trace
from usage.replay.deal import Faults
from usage.replay.errors import BadRequest, BadTrace
from usage.replay.trace import Row

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
ROWS = [Row(374 + number, 40 * number) for number in range(30)]
SONNET = ModelEntry(1, MODEL, context_tokens=200_000, max_output_tokens=128_000, is_active=True)


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "trace.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


@pytest.fixture
def recorded(file):
    return file(HEADER + "".join(f"2023-11-16 18:15:46,{row.input},{row.output}\n" for row in ROWS))


class TestRead:
    def test_reads_tokens_in_order(self, recorded):
        assert trace.read(recorded) == ROWS

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("", "header"),
            ("a,b,c\n1,2,3\n", "header"),
            (HEADER, "no rows"),
            (HEADER + "t,1\n", "line 2: 2 cells"),
            (HEADER + "t,1,2\nt,1,-2\n", "line 3: '-2'"),
            (HEADER + "t,1.5,2\n", "line 2: '1.5'"),
            (HEADER + "t,\uff11,2\n", "not a number"),
            (HEADER + "t,99999999999,2\n", "not a number"),
            (HEADER + 't,"1,2\n', "not a CSV file"),
            (b"\xff\xfe", "not UTF-8"),
        ],
    )
    def test_says_where_a_file_is_no_trace(self, file, text, complaint):
        with pytest.raises(BadTrace, match=complaint):
            trace.read(file(text))

    def test_says_that_a_file_is_missing(self, tmp_path):
        with pytest.raises(BadTrace, match="No such file"):
            trace.read(tmp_path / "none.csv")


class TestDeal:
    def test_bounds_output_by_the_next_power_of_two(self):
        assert [deal.output_bound(n) for n in (0, 1, 256, 257, 512, 513, 1000)] == [
            *(256, 256, 256),
            *(512, 512),
            *(1024, 1024),
        ]

    def test_keeps_order_and_favours_the_first_customers(self):
        rows = [Row(number, 1) for number in range(2000)]
        calls = deal.deal(rows, model=SONNET, customers=50, seed=7)

        assert [call.input for call in calls] == list(range(2000))
        first, last = (sum(call.customer in half for call in calls) for half in (range(5), range(45, 50)))
        assert first > 5 * last > 0

    def test_deals_the_same_for_the_same_seed(self):
        def dealt(seed):
            return deal.deal(ROWS, model=SONNET, customers=5, faults=Faults(1000, 3, 3), seed=seed)

        assert dealt(1) == dealt(1) != dealt(2)

    def test_lets_the_asked_percentage_overshoot(self):
        rows = [Row(1, 100)] * 400
        calls = deal.deal(rows, model=SONNET, customers=5, faults=Faults(250), seed=1)

        assert sum(call.output > call.bound_output for call in calls) == 10

    def test_spoils_as_many_as_asked_each_in_one_way(self):
        calls = deal.deal(ROWS, model=SONNET, customers=5, faults=Faults(1000, 7, 9), seed=1)

        faults = [(call.overshoots, call.is_lost, call.is_misreported) for call in calls]
        assert [sum(column) for column in zip(*faults, strict=True)] == [3, 7, 9]
        assert max(sum(each) for each in faults) == 1

    def test_refuses_to_spoil_more_than_there_is(self):
        with pytest.raises(BadRequest, match="30 rows"):
            deal.deal(ROWS, model=SONNET, customers=5, faults=Faults(1000, 20, 8), seed=1)

    @pytest.mark.parametrize("row", [Row(200_001, 1), Row(1, 128_001)])
    def test_refuses_what_the_model_cannot_serve(self, row):
        with pytest.raises(BadTrace, match="row 1"):
            deal.deal([row], model=SONNET, customers=1, seed=1)


def replay(path, *options):
    out = StringIO()
    arguments = ["--model", MODEL, "--customers", "5", "--concurrency", "4", "--json", *options]
    call_command("replay", str(path), *arguments, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.slow
class TestCommand:
    @pytest.fixture(autouse=True)
    def _model(self, committed_db):
        cast.model()

    def test_charges_every_row_once_though_answers_are_lost(self, recorded):
        with service.running() as url:
            report = replay(recorded, "--credit", "10", "--url", url)

        charged = sum(row.input * 1059 + row.output * OUTPUT_TOKEN for row in ROWS)
        assert {name: value for name, value in report.items() if not name.endswith(("_ms", "_second"))} == {
            "requests": 30,
            "holds_refused": 0,
            "settled": 30,
            "charged_nanos": charged,
            "granted_nanos": 5 * 10 * cast.USD,
            "balance_nanos": 5 * 10 * cast.USD - charged,
            "debt_nanos": 0,
            "customers_cut_off": 0,
            "audit": "ok",
        }
        assert ServiceToken.objects.get().revoked_at is not None

    def test_never_charges_more_than_was_granted(self, recorded):
        with service.running() as url:
            report = replay(recorded, "--credit", "0.01", "--url", url)

        assert report["holds_refused"] > 0
        assert report["settled"] == 30 - report["holds_refused"] == Charge.objects.count()
        assert report["charged_nanos"] + report["balance_nanos"] == report["granted_nanos"]
        assert (report["debt_nanos"], report["audit"]) == (0, "ok")

    def test_owes_what_overshoots(self, recorded):
        with service.running() as url:
            report = replay(recorded, "--credit", "0.02", "--overshoot", "50", "--url", url)

        assert report["debt_nanos"] > 0
        assert report["audit"] == "ok"

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (["--credit", "1", "--url", "http://127.0.0.1:1", "--model", "none"], "no model 'none'"),
            (["--credit", "-1", "--url", "http://127.0.0.1:1"], "US dollars"),
            (["--credit", "1", "--url", "localhost"], "must look like"),
            (["--credit", "1", "--url", "http://127.0.0.1:1", "--customers", "0"], "from 1 to"),
            (["--credit", "1", "--url", "http://127.0.0.1:1", "--overshoot", "101"], "percent"),
            (["--credit", "1"], "--url --serve"),
        ],
    )
    def test_refuses_what_cannot_be(self, recorded, options, complaint):
        with pytest.raises(CommandError, match=complaint):
            replay(recorded, *options)

    def test_ends_with_status_2_where_the_file_is_wrong(self, file):
        with pytest.raises(CommandError) as raised:
            replay(file("nothing"), "--credit", "1", "--url", "http://127.0.0.1:1")
        assert raised.value.returncode == 2
