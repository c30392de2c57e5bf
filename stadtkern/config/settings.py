"""Settings; every value that differs between towns comes from the environment (`STADTKERN_*`)."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from stadtkern.base.plugins import plugin_packages
from stadtkern.config.wheels import library

PACKAGE = Path(__file__).parent.parent


def env(name: str, default: str = "") -> str:
    """Return the environment variable `STADTKERN_<name>`."""
    return os.environ.get(f"STADTKERN_{name}", default)


def env_flag(name: str, *, default: bool = False) -> bool:
    """Return whether `STADTKERN_<name>` says yes."""
    return env(name, "yes" if default else "no").lower() in {"1", "yes", "true", "on"}


DATA_DIR = Path(env("DATA_DIR", "data")).resolve()
TOWN_DIR = Path(env("TOWN_DIR", str(PACKAGE.parent / "towns" / "guben"))).resolve()


def secret_key() -> str:
    """Return the key of this installation; it is made once and kept in the data directory."""
    if key := env("SECRET_KEY"):
        return key
    path = DATA_DIR / "secret_key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


SECRET_KEY = secret_key()
DEBUG = env_flag("DEBUG")
DEMO = env("DEMO")
"""`live` or `replay` in the demo town; empty in a real one."""
REPLAY_URL = env("REPLAY_URL")
"""Address of the demo's local server that plays the outside sources."""
ALLOWED_HOSTS = env("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
PUBLIC_URL = env("PUBLIC_URL", f"http://127.0.0.1:{env('PORT', '8000')}").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
TRUSTED_PROXIES = [one.strip() for one in env("TRUSTED_PROXIES", "127.0.0.1,::1").split(",") if one.strip()]
"""Addresses and networks of reverse proxies whose word on the visitor's address counts."""
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_flag("BEHIND_PROXY") else None
SECURE_HSTS_SECONDS = 31536000 if PUBLIC_URL.startswith("https://") else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "stadtkern.web.errors.csrf_failure"
MOST_BYTES = int(env("MOST_BYTES", str(64 * 1024 * 1024)))
"""Largest request in bytes."""
UPLOAD_MOST_BYTES = int(env("UPLOAD_MOST_BYTES", str(4 * 1024**3)))
"""Largest file in bytes that an editor may upload or have fetched as a table."""
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
"""The page on which the columns of a table are confirmed has eight fields for each of up to 2,000 columns."""
METRICS_TOKEN = env("METRICS_TOKEN")
"""Who sends this as bearer token may read `/metrics`; empty: only this machine may."""

ROOT_URLCONF = "stadtkern.config.urls"
ASGI_APPLICATION = "stadtkern.config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "stadtkern.web",
    "stadtkern.search",
    "stadtkern.people",
    "stadtkern.places",
    "stadtkern.features",
    "stadtkern.governance",
    "stadtkern.observations",
    "stadtkern.observations.upkeep",
    "stadtkern.lorawan",
    "stadtkern.ingest",
    "stadtkern.catalogue",
    "stadtkern.catalogue.quality",
    "stadtkern.harvest",
    "stadtkern.community",
    "stadtkern.warnings",
    "stadtkern.dashboards",
    *plugin_packages("stadtkern.connectors"),
    *plugin_packages("stadtkern.tiles"),
    *plugin_packages("stadtkern.standards"),
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "auditlog",
    "axes",
    "csp",
    "rules.apps.AutodiscoverRulesConfig",
    "django.contrib.gis",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

FRONT_PAGE_SECONDS = int(env("FRONT_PAGE_SECONDS", "10"))
"""How long one drawing of the cockpit serves all who only read; 0: each reader gets an own one."""

MIDDLEWARE = [
    "stadtkern.dashboards.front_page.front_page",
    "django.middleware.security.SecurityMiddleware",
    "stadtkern.web.middleware.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "stadtkern.web.middleware.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "stadtkern.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "stadtkern.people.second_factor.SecondFactorMiddleware",
    "stadtkern.people.audit.AuditMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "stadtkern.web.middleware.ErrorMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "stadtkern.web.context.town",
            ],
        },
    }
]


def database(url: str, pool: int = 0) -> dict[str, object]:
    """Return Django's description of the database at `url` (`sqlite:///...` or `postgresql://...`).

    Parameters
    ----------
    pool
        most connections to PostgreSQL that requests share; 0: each thread has its own.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "stadtkern.places.sqlite",
            "NAME": parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                "PRAGMA mmap_size=268435456; PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY",
            },
        }
    # under ASGI each request has a thread of its own, and would have to wait for a new connection
    shared = {"min_size": 2, "max_size": pool, "timeout": 10, "max_idle": 60}
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": parts.path.removeprefix("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": True,
        # the bulk path names its statements; Django's own cursors never do
        "OPTIONS": {"prepare_threshold": 1, **({"pool": shared} if pool else {})},
    }


DATABASES = {
    "default": database(
        env("DATABASE_URL", f"sqlite:///{DATA_DIR / 'stadtkern.sqlite3'}"), int(env("DATABASE_POOL", "0"))
    )
}
GDAL_LIBRARY_PATH = library("pyogrio", "libgdal*")
GEOS_LIBRARY_PATH = library("shapely", "libgeos_c*")

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]

SILENCED_SYSTEM_CHECKS = [
    # all of them follow from PUBLIC_URL, which `people.W001` checks; the reverse proxy redirects to https
    *("security.W004", "security.W005", "security.W008", "security.W012", "security.W016", "security.W021"),
]
ACCOUNT_ADAPTER = "stadtkern.people.adapter.AccountAdapter"
ACCOUNT_USER_DISPLAY = str
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,100/h/key"}  # axes pauses an account sooner
SIGNUP_OPEN = env_flag("SIGNUP_OPEN", default=True)
"""Whether anybody may make an account; else only `stadtkern user` and administrators do."""
REQUIRE_SECOND_FACTOR = env_flag(
    "REQUIRE_SECOND_FACTOR", default=PUBLIC_URL.startswith("https://") and not DEMO
)
"""Whether the back office opens only to accounts with a second factor."""
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Stadtkern"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PUBLIC_URL.startswith("https://")
SOCIALACCOUNT_ADAPTER = "stadtkern.people.adapter.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
OIDC_URL = env("OIDC_URL").rstrip("/")
"""Address of an OpenID Connect provider, such as `https://login.example.org/realms/town`; empty: none."""
OIDC_ID = env("OIDC_ID", "town")
OIDC_AUDIENCE = env("OIDC_AUDIENCE", env("OIDC_CLIENT_ID"))
"""For whom the provider must have made a bearer token that opens our interfaces."""
OIDC_ROLES_CLAIM = env("OIDC_ROLES_CLAIM")
"""Claim of a bearer token that names our roles, such as `realm_access.roles`; empty: roles are given here."""
OIDC_ORGANISATIONS_CLAIM = env("OIDC_ORGANISATIONS_CLAIM")
"""Claim of a bearer token that names organisations by their short names; empty: none."""
OIDC_SCOPES = env("OIDC_SCOPES", "sta:read").split()
"""What a bearer token may do that names none of our scopes."""
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": OIDC_ID,
                "name": env("OIDC_NAME", "OpenID Connect"),
                "client_id": env("OIDC_CLIENT_ID"),
                "secret": env("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_URL},
            }
        ]
        if OIDC_URL
        else [],
    }
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account"
LOGOUT_REDIRECT_URL = "/"
WAGTAILADMIN_LOGIN_URL = "account_login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "email"]
AXES_CLIENT_STR_CALLABLE = "stadtkern.people.lockout.client_str"
AXES_LOCKOUT_TEMPLATE = "people/locked_out.html"
AUDITLOG_DISABLE_REMOTE_ADDR = True
AUDIT_DAYS = int(env("AUDIT_DAYS", "1826"))
"""Days after which entries of the audit trail are deleted."""
ALERT_DAYS = int(env("ALERT_DAYS", "1826"))
"""Days after its end that an alert is kept."""
HISTORY_DAYS = int(env("HISTORY_DAYS", "1826"))
"""Days after which former versions of things, datastreams and the like are deleted."""
CODEC_WORKERS = int(env("CODEC_WORKERS", "2"))
"""Processes in which payload codecs of LoRaWAN devices run."""
UPLINK_DAYS = int(env("UPLINK_DAYS", "400"))
"""How long the raw uplinks of LoRaWAN devices are kept, so that they can be decoded once more."""
FAILED_UPLOAD_DAYS = int(env("FAILED_UPLOAD_DAYS", "30"))
"""Days after which files that were never published are deleted: refused, forgotten or replaced uploads."""
FETCHED_VERSION_DAYS = int(env("FETCHED_VERSION_DAYS", "400"))
"""Days after which the files of replaced versions that came by schedule are deleted; 0: never."""
RETENTION_LOG_DAYS = int(env("RETENTION_LOG_DAYS", "730"))
"""Days after which the record of the retention job is deleted."""
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("EMAIL_FROM", "stadtkern@localhost")
EMAIL = urlsplit(env("EMAIL_URL"))
"""`smtp://user:password@host:587` (STARTTLS) or `smtps://...:465`; empty: mails are written to files."""
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL.scheme else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST, EMAIL_PORT = EMAIL.hostname or "localhost", EMAIL.port or 587
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(EMAIL.username or ""), unquote(EMAIL.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = EMAIL.scheme == "smtps", EMAIL.scheme == "smtp" and bool(EMAIL.username)
EMAIL_TIMEOUT = 20

USE_TZ = True
TIME_ZONE = env("TIME_ZONE", "Europe/Berlin")
LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("pl", "Polski"), ("en", "English"), ("dsb", "Dolnoserbšćina")]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = True
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = ["stadtkern.web.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS: list[Path] = []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "stadtkern.web.storage.StaticStorage"},
}
WHITENOISE_IMMUTABLE_FILE_TEST = r"\.[0-9a-f]{12}\.\w+$|/web/vendor/"  # named by content or with a version
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
"""Beside the town's data, where there is room for large files; `/tmp` may be memory."""
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True

WAGTAIL_SITE_NAME = "Stadtkern"
WAGTAILADMIN_BASE_URL = PUBLIC_URL
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_PASSWORD_RESET_ENABLED = (
    False
)
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/admin/", "/django-admin/"),
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "frame-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, *([f"https://{urlsplit(OIDC_URL).netloc}"] if OIDC_URL else [])],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # these two tell of every task and every saved page
    "loggers": {"django_tasks": {"level": "WARNING"}, "wagtail": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO")},
}

STA_ANONYMOUS_WRITE = env_flag("STA_ANONYMOUS_WRITE")
"""Whether anybody may see and write all sensor data; for test suites on this machine only."""
MQTT_URL = env("MQTT_URL")
"""`mqtt://user:password@host:1883` of an outside broker; empty: the broker inside our `ingest` process."""
MQTT_HOST = env("MQTT_HOST", "127.0.0.1")
"""Address on which the embedded broker listens."""
MQTT_PORT = int(env("MQTT_PORT", "1883"))
"""Port of the embedded broker."""
MQTT_SOCKET = env("MQTT_SOCKET", str(DATA_DIR / "mqtt.sock"))
"""File by which `web` reaches the broker inside `ingest`, for browsers."""
MQTT_KEY = env("MQTT_KEY")
"""API key whose rights all have who write to SensorThings topics at the outside broker; empty: none."""
CONTRIBUTOR_ID = env("CONTRIBUTOR_ID")
"""Name under which the town delivers its catalogue to GovData (`dcatde:contributorID`); empty: it does not."""
BARRIER_ANSWER_DAYS = 30
"""Days within which a reported barrier is to be answered."""
BARRIER_KEEP_DAYS = 365
"""Days after which an answered report is deleted."""
BARRIER_OPEN_DAYS = 730
"""Days after which a report is deleted that nobody answered."""
TILES_MOST_BYTES = int(env("TILES_MOST_BYTES", str(500 * 1000 * 1000)))
"""Room for kept map tiles in bytes."""
VECTOR_TILES_MOST_BYTES = int(env("VECTOR_TILES_MOST_BYTES", str(500 * 1000 * 1000)))
"""Room for kept vector tiles of our own layers in bytes."""
