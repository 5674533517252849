from django.urls import path

from quantriet.reports.web import desk

urlpatterns = [
    path("desk/reports/", desk.report_list, name="report-list"),
    path("desk/reports/new/", desk.report_new, name="report-new"),
    path("desk/reports/template/", desk.template, name="report-template"),
    path("desk/reports/template/built-in/", desk.template_built_in, name="report-template-built-in"),
    path("desk/reports/template/reset/", desk.template_reset, name="report-template-reset"),
    path("desk/reports/template/<int:pk>/file/", desk.template_file, name="report-template-file"),
    path("desk/reports/<int:pk>/", desk.report, name="report"),
    path("desk/reports/<int:pk>/edit/", desk.report_edit, name="report-edit"),
    path("desk/reports/<int:pk>/refresh/", desk.report_refresh, name="report-refresh"),
    path("desk/reports/<int:pk>/send/", desk.report_send, name="report-send"),
    path("desk/reports/<int:pk>/receive/", desk.report_receive, name="report-receive"),
    path("desk/reports/<int:pk>/remove/", desk.report_remove, name="report-remove"),
    path("desk/reports/<int:pk>/correct/", desk.report_correct, name="report-correct"),
    path("desk/reports/<int:pk>/word/", desk.report_word, name="report-word"),
    path("desk/reports/<int:pk>/excel/", desk.report_excel, name="report-excel"),
]
