"""The address of the interface."""

from django.urls import path

from stadtkern.standards.csw import views

urlpatterns = [path("", views.csw, name="csw")]
