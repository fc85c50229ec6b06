"""The auditors' console: records and one in full, charts, export, reveals by two, one's own looks, the log verified."""

from service.web.console import charts, exporting, looks, record, records, reveals, verify

DOORS = (
    records.ROUTES,
    charts.ROUTES,
    exporting.ROUTES,
    reveals.ROUTES,
    looks.ROUTES,
    verify.ROUTES,
    record.ROUTES,
)
