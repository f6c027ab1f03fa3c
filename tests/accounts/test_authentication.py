from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from accounts import key_format
from accounts.api.authentication import (
    Caller,
    HasScope,
    MissingScope,
    ServiceTokenAuthentication,
    Unauthenticated,
    authenticate_header,
    forget,
    require_scope,
)
from accounts.api.callers import REMEMBERED_SECONDS, RecentCallers
from accounts.services import service_tokens
from accounts.services.service_tokens import IssuedToken
from tests.accounts.conftest import NOW

pytestmark = pytest.mark.django_db


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def issued() -> IssuedToken:
    return service_tokens.issue(gateway="gateway-1", scopes=["holds", "keys:read"], now=timezone.now())


class TestAuthenticateHeader:
    def test_names_the_caller(self, issued):
        caller = authenticate_header(f"Bearer {issued.secret}")

        assert caller == Caller(
            issued.token.gateway_id, "gateway-1", issued.token.pk, frozenset({"holds", "keys:read"})
        )
        assert authenticate_header(f"bearer  {issued.secret}") == caller

    def test_asks_once_in_a_moment(self, issued, django_assert_num_queries):
        with django_assert_num_queries(1):
            for _ in range(100):
                authenticate_header(f"Bearer {issued.secret}")

    @pytest.mark.parametrize(
        "header",
        [
            None,
            "",
            "Bearer",
            "Bearer ",
            "Basic YWxpY2U6c2VjcmV0",
            "Bearer st-am-" + "0" * 36,
            "Bearer \xff\x00",
            "Bearer \ud800",
            "Bearer " + "a" * 100_000,
        ],
    )
    def test_refuses_what_is_no_token_without_a_query(self, header, django_assert_num_queries):
        with django_assert_num_queries(0), pytest.raises(Unauthenticated) as refusal:
            authenticate_header(header)

        assert (refusal.value.code, refusal.value.http_status) == ("service_token", 401)
        assert refusal.value.get_codes() == "service_token"

    def test_refuses_every_typo_without_a_query(self, issued, django_assert_num_queries):
        with django_assert_num_queries(0):
            for place in range(len(issued.secret)):
                wrong = "x" if issued.secret[place] != "x" else "y"
                with pytest.raises(Unauthenticated):
                    authenticate_header(f"Bearer {issued.secret[:place]}{wrong}{issued.secret[place + 1 :]}")

    def test_refuses_a_token_nobody_issued_and_an_api_key(self, issued):
        for scheme in ("st-am-", "sk-am-"):
            with pytest.raises(Unauthenticated):
                authenticate_header(f"Bearer {key_format.generate(scheme)}")

    def test_does_not_keep_a_refusal(self, issued, django_assert_num_queries):
        unknown = f"Bearer {key_format.generate('st-am-')}"

        with django_assert_num_queries(2):
            for _ in range(2):
                with pytest.raises(Unauthenticated):
                    authenticate_header(unknown)

    def test_refuses_a_revoked_token(self, issued):
        authenticate_header(f"Bearer {issued.secret}")
        service_tokens.revoke(token_id=issued.token.pk, now=timezone.now())
        forget()

        with pytest.raises(Unauthenticated):
            authenticate_header(f"Bearer {issued.secret}")


class TestRecentCallers:
    def test_remembers_for_five_seconds_at_most(self, issued):
        clock = Clock()
        recent = RecentCallers(clock=clock)
        assert recent.identify(issued.secret, now=NOW) is not None
        service_tokens.revoke(token_id=issued.token.pk, now=NOW)

        clock.seconds += REMEMBERED_SECONDS - 0.001
        assert recent.identify(issued.secret, now=NOW) is not None
        clock.seconds += 0.001
        assert recent.identify(issued.secret, now=NOW) is None
        assert REMEMBERED_SECONDS <= 5

    def test_is_not_kept_awake_by_use(self, issued):
        clock = Clock()
        recent = RecentCallers(clock=clock)
        recent.identify(issued.secret, now=NOW)
        service_tokens.revoke(token_id=issued.token.pk, now=NOW)

        seen = []
        for _ in range(6):
            clock.seconds += 1
            seen.append(recent.identify(issued.secret, now=NOW) is not None)
        assert seen == [True, True, True, True, False, False]

    def test_forgets_a_token_at_its_expiry(self):
        clock = Clock()
        recent = RecentCallers(clock=clock)
        secret = service_tokens.issue(
            gateway="gateway-1", scopes=["holds"], now=NOW, expires_at=NOW + timedelta(seconds=2)
        ).secret
        assert recent.identify(secret, now=NOW) is not None

        clock.seconds += 2
        assert recent.identify(secret, now=NOW + timedelta(seconds=2)) is None

    def test_stays_within_its_size(self, django_assert_num_queries):
        recent = RecentCallers(size=2)
        secrets = [
            service_tokens.issue(gateway=f"gateway-{n}", scopes=["holds"], now=NOW).secret for n in range(3)
        ]
        for secret in secrets:
            recent.identify(secret, now=NOW)

        with django_assert_num_queries(1):
            for secret in reversed(secrets):
                recent.identify(secret, now=NOW)


class OneScope(APIView):
    authentication_classes = (ServiceTokenAuthentication,)
    permission_classes = (HasScope,)
    required_scopes: object = "holds"

    def get(self, request: Request) -> Response:
        assert isinstance(request.auth, Caller)
        return Response({"gateway": request.auth.gateway, "user": request.user})

    def post(self, request: Request) -> Response:
        return Response({})


class ByMethod(OneScope):
    required_scopes = {"GET": "keys:read", "POST": "usage"}


class Undeclared(OneScope):
    required_scopes = None


def call(view: type[APIView], secret: str | None, method: str = "get") -> Response:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    response: Response = view.as_view()(APIRequestFactory().generic(method.upper(), "/", headers=headers))
    return response


class TestView:
    def test_knows_the_gateway_and_no_user(self, issued):
        assert call(OneScope, issued.secret).data == {"gateway": "gateway-1", "user": None}

    def test_answers_401_and_how_to_authenticate(self, issued):
        for secret in (None, "nonsense", issued.secret[:-1]):
            response = call(OneScope, secret)
            assert response.status_code == 401
            assert response.headers["WWW-Authenticate"] == "Bearer"

    def test_asks_the_scope_of_the_method(self, issued):
        assert call(ByMethod, issued.secret).status_code == 200
        assert call(ByMethod, issued.secret, "head").status_code == 200
        assert call(ByMethod, issued.secret, "post").status_code == 403
        assert call(OneScope, issued.secret, "post").status_code == 200

    def test_answers_405_to_a_method_it_does_not_have(self, issued):
        assert call(ByMethod, issued.secret, "delete").status_code == 405

    def test_is_closed_when_it_declares_no_scope(self, issued):
        assert call(Undeclared, issued.secret).status_code == 403

    def test_wants_a_token_even_for_options_and_unknown_methods(self):
        assert call(ByMethod, None, "options").status_code == 401
        assert call(ByMethod, None, "delete").status_code == 401


class TestRequireScope:
    def test_refuses_with_a_stable_code(self):
        caller = Caller(1, "gateway-1", 1, frozenset({"usage"}))

        require_scope(caller, "usage")
        with pytest.raises(MissingScope) as refusal:
            require_scope(caller, "usage:unheld")
        assert (refusal.value.code, refusal.value.http_status) == ("missing_scope", 403)
        assert refusal.value.get_codes() == "missing_scope"
