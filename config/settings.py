"""Settings: an embedded default that needs nothing, changed by environment variables alone (see .env.example)."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path

from argosy.domains.integrations.domain.api_key import AREAS
from argosy.platform import cors
from argosy.platform.databases import databases
from argosy.platform.environment import drop_empty

# Before anything reads one of them.
drop_empty(os.environ)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("ARGOSY_VAR", "var")).absolute()

# The one list of contexts; each is declared in its context.py.
CONTEXTS = [
    "argosy.domains.accounts.context.AccountsContext",
    "argosy.domains.products.context.ProductsContext",
    "argosy.domains.inventory.context.InventoryContext",
    "argosy.domains.carts.context.CartsContext",
    "argosy.domains.promotions.context.PromotionsContext",
    "argosy.domains.taxes.context.TaxesContext",
    "argosy.domains.checkout.context.CheckoutContext",
    "argosy.domains.orders.context.OrdersContext",
    "argosy.domains.payments.context.PaymentsContext",
    "argosy.domains.shipping.context.ShippingContext",
    "argosy.domains.notifications.context.NotificationsContext",
    "argosy.domains.integrations.context.IntegrationsContext",
    "argosy.read_models.context.SearchContext",
]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    *CONTEXTS,
]

DATABASES = databases(VAR, os.environ)
POSTGRES_IDLE = int(os.environ.get("ARGOSY_POSTGRES_IDLE", "12"))
DATABASE_ROUTERS = ["argosy.platform.router.ContextRouter"]
AUTH_USER_MODEL = "accounts.UserRow"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LOGGING_CONFIG = "argosy.observability.logging.configure"
LOGGING = {
    "format": os.environ.get("ARGOSY_LOG_FORMAT", "auto"),
    "level": os.environ.get("ARGOSY_LOG_LEVEL", "info"),
}

DEBUG = False
SECRET_KEY = os.environ.get("ARGOSY_SECRET_KEY", "embedded-default-not-for-a-public-address")
ALLOWED_HOSTS = os.environ.get("ARGOSY_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"

# Pages of other origins that may use the API (platform/cors.py). Where there are none, nothing is asked about it.
CORS_ALLOWED_ORIGINS = os.environ.get(cors.SETTING, "").split()
CORS_URLS_REGEX = cors.PATHS
CORS_ALLOW_HEADERS = cors.SENT
CORS_EXPOSE_HEADERS = cors.READ
CORS_PREFLIGHT_MAX_AGE = cors.REMEMBERED_SECONDS
MIDDLEWARE: list[str] = [cors.MIDDLEWARE] if CORS_ALLOWED_ORIGINS else []
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [BASE_DIR / "argosy" / "apps" / "storefront" / "templates"],
        "OPTIONS": {"builtins": ["argosy.apps.storefront.tags"]},
    }
]
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "argosy.apps.storefront.pages.form_is_old"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# Proxies of ours: what they say of where a request came from is believed, and nobody else.
TRUSTED_PROXIES = [
    ip_network(proxy.strip()) for proxy in os.environ.get("ARGOSY_TRUSTED_PROXIES", "").split(",") if proxy.strip()
]

# HTTP: what a bearer token stands for, for which parts of the API keys are made, and where waiting is served (WAITS_URL
# where a proxy gives it another address).
KEY_AREAS = frozenset(AREAS)
TOKEN_LOOKUP = "argosy.apps.api.bearers.actor_of"
WAITS_PORT = int(os.environ.get("ARGOSY_WAITS_PORT", "8001"))
WAITS_URL = os.environ.get("ARGOSY_WAITS_URL", "").rstrip("/")

# Traces: off, console or otlp, and the share of all requests that are traced.
TRACING = os.environ.get("ARGOSY_TRACING", "off")
TRACING_RATIO = os.environ.get("ARGOSY_TRACING_RATIO", "1")

# Who may read /metrics: processes of this machine, and whoever sends this bearer token.
METRICS_TOKEN = os.environ.get("ARGOSY_METRICS_TOKEN", "")
