"""Audits are kept, shown, started by hand, and never changed."""

import psycopg
import pytest
from django.utils import timezone
from psycopg import errors

from tests import cast, operators
from tests.cast import USD
from tests.operators import recorded
from usage.audit import keep
from usage.audit.invariants import ALL
from usage.audit.run import Finding
from usage.models import AuditRun
from usage.tasks import audit_books

PAGE = "/admin/usage/auditrun/"


def kept(count: int = 0) -> AuditRun:
    now = timezone.now()
    samples = ({"customer_id": "who", "gone": 5},) if count else ()
    findings = [Finding(ALL[0], count, samples), *(Finding(invariant, 0, ()) for invariant in ALL[1:])]
    return keep.keep(findings, started_at=now, finished_at=now)


class TestAuditBooks:
    def test_keeps_what_it_found(self, committed_db):
        cast.model()
        cast.player("Alice", USD)

        audit_books()

        run = AuditRun.objects.get()
        assert run.invariants == len(ALL) == len(run.findings)
        assert run.violations == sum(finding["count"] for finding in run.findings)


@pytest.mark.django_db
class TestPage:
    def test_shows_the_broken_invariants_first_with_rows(self):
        run = kept(count=3)

        page = operators.root().get(f"{PAGE}{run.pk}/change/").content.decode()
        assert "are wrong" in page
        assert page.index(ALL[0].name) < page.index(ALL[1].name)
        assert "&quot;gone&quot;: 5" in page

    def test_of_the_site_says_how_the_books_are(self):
        root = operators.root()
        kept()
        assert "invariants hold." in root.get("/admin/").content.decode()

        kept(count=3)
        assert "3 rows break an invariant." in root.get("/admin/").content.decode()


@pytest.mark.django_db
class TestStart:
    def test_is_recorded(self):
        assert operators.root().post(f"{PAGE}start/").status_code == 302
        assert recorded() == ["audit"]

    def test_is_no_link(self):
        assert operators.root().get(f"{PAGE}start/").status_code == 405
        assert recorded() == []

    def test_needs_the_permission_to_see_audits(self):
        assert operators.staff("usage.view_charge").post(f"{PAGE}start/").status_code == 403
        assert recorded() == []


class TestAuditRun:
    @pytest.mark.parametrize(
        "change",
        ["update audit_run set violations = 0", "delete from audit_run", "truncate audit_run"],
    )
    def test_is_not_changed_by_the_owner(self, committed_db, owner_connection: psycopg.Connection, change):
        kept(count=3)

        with pytest.raises(errors.RestrictViolation, match="append-only"):
            owner_connection.execute(change.encode())
