"""Addresses of health."""

from __future__ import annotations

from django.urls import path

from argosy.apps.health.views import live, ready, started

urlpatterns = [path("live", live), path("ready", ready), path("startup", started)]
