"""Bearer tokens of an OpenID Connect provider: a real issuer on loopback, real keys."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pytest_django import Settings

from stadtkern.base.errors import NotAuthenticated, Unavailable
from stadtkern.people import tokens
from stadtkern.people.models import Organisation
from stadtkern.people.services import add_person

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
]
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
AUDIENCE = "stadtkern"


@dataclass
class Issuer:
    """A provider that publishes its keys."""

    server: ThreadingHTTPServer
    keys: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    name: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/realms/town"

    def token(self, key: Any = RSA, kid: str = "rsa", algorithm: str = "RS256", **claims: Any) -> str:  # noqa: ANN401
        """Return a signed token; a claim that is None is left out."""
        now = int(time.time())
        facts = {"iss": self.url, "aud": AUDIENCE, "sub": "42", "iat": now, "exp": now + 300, **claims}
        body = {name: value for name, value in facts.items() if value is not None}
        return jwt.encode(body, key, algorithm=algorithm, headers={"kid": kid})


@pytest.fixture
def issuer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    found: list[Issuer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found[0].asked.append(self.path)
            if self.path.endswith("/.well-known/openid-configuration"):
                body = {"issuer": found[0].name or found[0].url, "jwks_uri": f"{found[0].url}/keys"}
            else:
                body = {"keys": found[0].keys}  # type: ignore[dict-item]
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    one = Issuer(server)
    one.keys = [
        {**json.loads(RSAAlgorithm.to_jwk(RSA.public_key())), "kid": "rsa", "use": "sig"},
        {**json.loads(ECAlgorithm.to_jwk(EC.public_key())), "kid": "ec"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
        {"kty": "RSA", "kid": "encryption", "use": "enc", "n": "AQAB", "e": "AQAB"},
        {"kty": "new", "kid": "unknown kind"},
    ]
    found.append(one)
    settings.OIDC_URL = one.url
    settings.OIDC_AUDIENCE = AUDIENCE
    settings.OIDC_ROLES_CLAIM = ""
    settings.OIDC_ORGANISATIONS_CLAIM = ""
    settings.OIDC_SCOPES = ["sta:read"]
    monkeypatch.setenv("STADTKERN_ALLOW_PRIVATE_HOSTS", f"127.0.0.1:{server.server_port}")
    monkeypatch.setenv("STADTKERN_PROXY", "")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    tokens.forget_provider()
    yield one
    tokens.forget_provider()
    server.shutdown()
    server.server_close()


def test_tokens_signed_by_rsa_and_by_curve_are_taken(issuer: Issuer) -> None:
    for token in (issuer.token(), issuer.token(EC, "ec", "ES256")):
        credential = tokens.credential_of(token)
        assert credential.grant.scopes == {"sta:read"}
        assert credential.grant.roles == frozenset()
        assert credential.grant.principal.startswith("token:")
        assert "42" not in credential.grant.principal
        assert credential.until is not None
    assert len(issuer.asked) == 2, "the keys are kept"


def wrong_tokens(issuer: Issuer) -> dict[str, str]:
    now = int(time.time())
    head, body, signature = issuer.token().split(".")
    forged = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged["sub"] = "1"
    other_body = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"rsa"}').decode().rstrip("=")
    return {
        "other issuer": issuer.token(iss="https://evil.example"),
        "no issuer": issuer.token(iss=None),
        "other audience": issuer.token(aud="another-app"),
        "no audience": issuer.token(aud=None),
        "ended": issuer.token(exp=now - 60),
        "without end": issuer.token(exp=None),
        "not yet": issuer.token(nbf=now + 600),
        "no subject": issuer.token(sub=None),
        "other key": issuer.token(OTHER),
        "unknown key": issuer.token(OTHER, "other"),
        "shared secret": issuer.token("secret-secret-secret-secret-secret", "shared", "HS256"),
        "public key as secret": issuer.token(issuer.keys[0]["n"], "rsa", "HS256"),
        "key for encryption": issuer.token(RSA, "encryption"),
        "identity": issuer.token(typ="ID"),
        "changed": f"{head}.{other_body}.{signature}",
        "unsigned": f"{none}.{body}.",
        "huge": issuer.token(x="x" * 20_000),
        "text": "no token at all",
        "empty": "",
        "dots": "..",
    }


@pytest.mark.parametrize("name", ["other issuer", "no issuer", "other audience", "no audience", "ended",
    "without end", "not yet", "no subject", "other key", "unknown key", "shared secret",
    "public key as secret", "key for encryption", "identity", "changed", "unsigned", "huge",
    "text", "empty", "dots"])  # fmt: skip
def test_a_wrong_token_opens_nothing(issuer: Issuer, name: str) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.credential_of(wrong_tokens(issuer)[name])


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda b: b.hex() + "." + b.hex() + ".a"))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_text_is_refused_in_good_order(issuer: Issuer, text: str) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.credential_of(text)


def test_unknown_keys_do_not_make_us_ask_again_and_again(issuer: Issuer) -> None:
    tokens.credential_of(issuer.token())
    for number in range(20):
        with pytest.raises(NotAuthenticated):
            tokens.credential_of(issuer.token(OTHER, f"key {number}"))
    assert len(issuer.asked) == 2


def test_a_new_key_of_the_provider_is_found(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.credential_of(issuer.token())
    issuer.keys.append({**json.loads(RSAAlgorithm.to_jwk(OTHER.public_key())), "kid": "new"})
    monkeypatch.setattr(tokens, "PAUSE", 0.0)
    assert tokens.credential_of(issuer.token(OTHER, "new")).grant.scopes == {"sta:read"}


def test_a_provider_that_calls_itself_otherwise_is_not_believed(issuer: Issuer) -> None:
    issuer.name = "https://evil.example"
    with pytest.raises(Unavailable):
        tokens.credential_of(issuer.token(iss="https://evil.example"))


def test_a_provider_out_of_reach_is_told(issuer: Issuer, settings: Settings) -> None:
    settings.OIDC_URL = "http://127.0.0.1:9/realms/town"
    with pytest.raises(Unavailable):
        tokens.credential_of(issuer.token())


def test_without_a_provider_no_token_is_taken(issuer: Issuer, settings: Settings) -> None:
    settings.OIDC_URL = ""
    with pytest.raises(NotAuthenticated):
        tokens.credential_of(issuer.token())
    assert issuer.asked == []


def test_an_end_beyond_all_calendars_is_an_end(issuer: Issuer) -> None:
    assert tokens.credential_of(issuer.token(exp=10**30)).until is not None


def test_roles_count_only_where_the_town_says_which_claim(issuer: Issuer, settings: Settings) -> None:
    gubin = Organisation.objects.create(slug="gubin")
    claims: dict[str, Any] = {
        "realm_access": {"roles": ["editor", "root"]},
        "org": "gubin nowhere",
        "scope": "openid sta:write sta:read",
    }
    grant = tokens.credential_of(issuer.token(**claims)).grant
    assert (grant.roles, grant.organisations, grant.is_writer) == (frozenset(), frozenset(), False)
    settings.OIDC_ROLES_CLAIM, settings.OIDC_ORGANISATIONS_CLAIM = "realm_access.roles", "org"
    grant = tokens.credential_of(issuer.token(**claims)).grant
    assert (set(grant.roles), set(grant.organisations), grant.is_writer) == ({"editor"}, {gubin.pk}, True)
    assert grant.scopes == {"sta:read", "sta:write"}


def test_the_account_behind_a_token_brings_its_roles(issuer: Issuer) -> None:
    bob = add_person("bob@example.org", password="Neisse-Bruecke-1908", roles=["editor"])
    SocialAccount.objects.create(user=bob, provider="town", uid="42")
    grant = tokens.credential_of(issuer.token()).grant
    assert grant.roles == {"editor"}
    assert grant.principal == f"token:{bob.username}"
    bob.is_active = False
    bob.save()
    with pytest.raises(NotAuthenticated):
        tokens.credential_of(issuer.token())


@pytest.mark.parametrize(
    "claims", [{"scope": 7}, {"scope": ["sta:write"]}, {"scope": {"a": 1}}, {"sub": "x" * 500}]
)
def test_odd_claims_give_no_right(issuer: Issuer, claims: dict[str, Any]) -> None:
    grant = tokens.credential_of(issuer.token(**claims)).grant
    assert not grant.is_writer
