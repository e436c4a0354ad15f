"""The one address."""

from django.urls import path

from peer.views import BatchView

urlpatterns = [path("v1/batches", BatchView.as_view())]
