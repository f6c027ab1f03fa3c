"""Addresses below /dashboard/."""

from django.urls import path

from dashboard.views import history, overview, payment, sessions, top_up

app_name = "dashboard"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("sign-in/", sessions.sign_in, name="sign-in"),
    path("sign-out/", sessions.sign_out, name="sign-out"),
    path("customer/", sessions.choose_customer, name="choose-customer"),
    path("top-up/", top_up.top_up, name="top-up"),
    path("top-ups/", history.history, name="history"),
    path("top-ups/<uuid:top_up_id>/", payment.payment, name="payment"),
]
