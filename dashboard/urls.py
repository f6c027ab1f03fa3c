"""Addresses below /dashboard/."""

from django.urls import path

from dashboard.views import (
    auto_top_up,
    codes,
    history,
    overview,
    papers,
    payment,
    sessions,
    statements,
    top_up,
)

app_name = "dashboard"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("sign-in/", sessions.sign_in, name="sign-in"),
    path("sign-out/", sessions.sign_out, name="sign-out"),
    path("customer/", sessions.choose_customer, name="choose-customer"),
    path("top-up/", top_up.top_up, name="top-up"),
    path("top-ups/", history.history, name="history"),
    path("top-ups/<uuid:top_up_id>/", payment.payment, name="payment"),
    path("papers/<uuid:paper_id>/", papers.paper, name="paper"),
    path("statements/", statements.statements, name="statements"),
    path("auto-top-up/", auto_top_up.auto_top_up, name="auto-top-up"),
    path("code/", codes.redeem, name="code"),
]
