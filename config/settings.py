"""All settings, read once from the environment; `.env.example` lists every variable."""

import logging
import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ

from config import logs, mail_server
from config.stack import stand_ins, state

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))
WEB_PORT = env.int("WEB_PORT", default=8000)
KEY_EVENTS_PORT = env.int("KEY_EVENTS_PORT", default=8001)
WEB_HOST = env.str("WEB_HOST", default="127.0.0.1")
WEB_WORKERS = env.int("WEB_WORKERS", default=1)
WEB_THREADS = env.int("WEB_THREADS", default=4)
WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=2)

# Without DATABASE_URL the embedded engines of DATA_DIR are meant; with it, every secret must be given.
EMBEDDED = not env.str("DATABASE_URL", default="")
# Without keys of real providers their stand-ins are meant, and never beside a database of one's own.
SANDBOX = EMBEDDED and stand_ins.wanted(os.environ)
if EMBEDDED:
    _embedded = {
        **state.load(DATA_DIR).environ(),
        "PUBLIC_URL": f"http://127.0.0.1:{WEB_PORT}",
        "EMAIL_DIR": str(DATA_DIR.absolute() / "mails"),
    }
    if SANDBOX:
        _embedded |= stand_ins.load(DATA_DIR).environ()
    for _name, _value in _embedded.items():
        os.environ[_name] = os.environ.get(_name) or _value

SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", urlsplit(PUBLIC_URL).hostname or ""]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])

# Everything that only works over HTTPS follows from the public address; on http://127.0.0.1 it is off.
_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 12 * 3600
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=_https)
SECURE_REDIRECT_EXEMPT = [r"^internal/", r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
# Only behind a proxy that sets the header itself and drops a caller's.
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("TRUST_X_FORWARDED_PROTO", default=False) else None
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000_000

# The application reads and writes as `default`; only migrations and clean-up in tests run as `owner`.
_database: dict[str, Any] = {
    "CONN_MAX_AGE": 0,
    "OPTIONS": {
        "pool": {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL_SIZE", default=8),
            "timeout": 5,
            # The pool doubles its pause between attempts for as long as that: after an outage of a minute it
            # would look away for another one. The next request that needs a connection tries anew.
            "reconnect_timeout": 2,
        },
        "prepare_threshold": 3,
        "options": "-c lock_timeout=2s -c statement_timeout=5s -c idle_in_transaction_session_timeout=10s",
    },
}
_address = env.db_url("DATABASE_URL")
# What the address says of the connection, as sslmode, stays beside what every connection of ours needs.
_database["OPTIONS"] = {**_address.get("OPTIONS", {}), **_database["OPTIONS"]}
DATABASES = {
    "default": {**_address, **_database},
    "owner": env.db_url("DATABASE_OWNER_URL", default=env.str("DATABASE_URL")),
}
DATABASE_ROUTERS = ["config.routers.OwnerMigrates"]
REDIS_URL = env.str("REDIS_URL")

INSTALLED_APPS = [
    "config.admin_app.OperatorsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "catalog",
    "accounts",
    "billing",
    "usage",
    "dashboard",
    "config",
]
MIDDLEWARE = [
    "config.http_requests.Observed",
    "config.gateways.GatewaysFirst",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the apps' own: the admin's base page is ours.
        "DIRS": [BASE_DIR / "config/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True

# WhiteNoise serves the files of the installed packages as they are: nothing to collect.
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True

# Payments. An empty secret makes its provider unavailable.
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
# Several, with commas between them, while one is replaced.
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
# Only where events of connected accounts arrive too.
STRIPE_ACCOUNT_ID = env.str("STRIPE_ACCOUNT_ID", default="")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="")
ALIPAY_APP_ID = env.str("ALIPAY_APP_ID", default="")
ALIPAY_SELLER_ID = env.str("ALIPAY_SELLER_ID", default="")
# Our private key and Alipay's public key, PEM or bare base64.
ALIPAY_PRIVATE_KEY = env.str("ALIPAY_PRIVATE_KEY", default="")
ALIPAY_PUBLIC_KEY = env.str("ALIPAY_PUBLIC_KEY", default="")
ALIPAY_GATEWAY = env.str("ALIPAY_GATEWAY", default="https://openapi.alipay.com/gateway.do")
# What one top-up may cost, in cents and fen, and the amounts that pages offer.
TOP_UP_LEAST_MINOR = {
    "USD": env.int("TOP_UP_LEAST_USD_CENTS", default=500),
    "CNY": env.int("TOP_UP_LEAST_CNY_FEN", default=2_000),
}
TOP_UP_MOST_MINOR = {
    "USD": env.int("TOP_UP_MOST_USD_CENTS", default=200_000),
    "CNY": env.int("TOP_UP_MOST_CNY_FEN", default=1_000_000),
}
TOP_UP_PRESETS_MINOR = {
    "USD": env.list("TOP_UP_PRESETS_USD_CENTS", cast=int, default=[1_000, 2_000, 5_000, 10_000]),
    "CNY": env.list("TOP_UP_PRESETS_CNY_FEN", cast=int, default=[5_000, 10_000, 20_000, 50_000]),
}

# Who sells, as it stands on receipts.
SELLER_NAME = env.str("SELLER_NAME", default="API Models")
SELLER_ADDRESS = env.str("SELLER_ADDRESS", default="", multiline=True)
SELLER_TAX_ID = env.str("SELLER_TAX_ID", default="")
SELLER_EMAIL = env.str("SELLER_EMAIL", default="")

# Mails. On a laptop they become files; elsewhere they need a server, or stand in the worker's output.
EMAIL_FILE_PATH = env.str("EMAIL_DIR", default="") or None
_mail_server = mail_server.read(env.str("EMAIL_URL", default=""), otherwise=EMAIL_FILE_PATH)
EMAIL_BACKEND = _mail_server.backend
EMAIL_HOST = _mail_server.host
EMAIL_PORT = _mail_server.port
EMAIL_HOST_USER = _mail_server.user
EMAIL_HOST_PASSWORD = _mail_server.password
EMAIL_USE_TLS = _mail_server.use_tls
EMAIL_USE_SSL = _mail_server.use_ssl
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default=SELLER_EMAIL or "billing@localhost")

LOGGING = logs.configure(
    layout=env.str("LOG_FORMAT", default="console"),
    level=env.str("LOG_LEVEL", default="INFO"),
    secrets=(
        SECRET_KEY,
        *SECRET_KEY_FALLBACKS,
        *(database["PASSWORD"] or "" for database in DATABASES.values()),
        unquote(urlsplit(REDIS_URL).password or ""),
        STRIPE_SECRET_KEY,
        *STRIPE_WEBHOOK_SECRET.split(","),
        ALIPAY_PRIVATE_KEY,
        EMAIL_HOST_PASSWORD,
    ),
)
# `all`, or `problems` for those requests only that were refused or failed.
LOG_REQUESTS = env.str("LOG_REQUESTS", default="all")
DJANGO_STRUCTLOG_CELERY_ENABLED = True
# Beat repeats what no worker took in time: that is no warning.
DJANGO_STRUCTLOG_CELERY_TASK_RETRY_LOG_LEVEL = logging.INFO

# Where processes keep what they count; the Prometheus client reads the variable itself too.
METRICS_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", default="")
# Who may read /metrics: this machine and private networks.
METRICS_ALLOW = [
    ip_network(network)
    for network in env.list(
        "METRICS_ALLOW",
        default=[
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
            *("::1/128", "fc00::/7", "fe80::/10"),
        ],
    )
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.ServiceTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["billing.api.strict.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "billing.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "API Models billing",
    "DESCRIPTION": "Internal API for gateways: holds, usage, key states and prices.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "HoldStateEnum": "billing.models.HoldState",
        "PlacedHoldStateEnum": "billing.api.hold_documents.PLACED_STATES",
        "EndedHoldStateEnum": "billing.api.hold_documents.ENDED_STATES",
        "KeyStateEnum": "billing.api.key_documents.STATES",
        "RequestStateEnum": "usage.api.request_documents.STATES",
    },
    "PREPROCESSING_HOOKS": ["config.openapi.only_gateways"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.document_problems",
    ],
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

# Billing policy.
CUT_OFF_BELOW_NANOS = env.int("CUT_OFF_BELOW_NANOS", default=1_000_000)
INPUT_TOKENS_PER_WEB_SEARCH = env.int("INPUT_TOKENS_PER_WEB_SEARCH", default=10_000)
# What a verified e-mail address is given, once for each person, and for how many days; 0: nothing, for ever.
WELCOME_CREDIT_NANOS = env.int("WELCOME_CREDIT_NANOS", default=0)
WELCOME_CREDIT_EXPIRES_DAYS = env.int("WELCOME_CREDIT_EXPIRES_DAYS", default=30)
SETTLE_BATCH_SIZE = env.int("SETTLE_BATCH_SIZE", default=2_000)
