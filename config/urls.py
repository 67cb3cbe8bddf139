"""Every address: what comes in goes to one of the apps."""

from __future__ import annotations

from django.urls import include, path

from argosy.apps.api.webhooks import payment_webhook
from argosy.apps.health.metrics import metrics

urlpatterns = [
    path("api/v1/health/", include("argosy.apps.health.urls")),
    path("api/v1/payments/webhooks/<str:gateway>", payment_webhook),
    path("metrics", metrics),
    path("health/", include("argosy.apps.health.urls")),
    path("api/v1/", include("argosy.apps.api.urls")),
    path("", include("argosy.apps.storefront.urls")),
]

handler404 = "argosy.apps.api.api.no_such_path"
