"""Django: a site's migrations are made and run, its tables inspected, and its models queried."""

import io
import shutil
import sys
import tempfile
from pathlib import Path

import pymysql


def make_app(folder):
    app = Path(folder) / "shop"
    (app / "migrations").mkdir(parents=True)
    for package in (app, app / "migrations"):
        (package / "__init__.py").touch()
    shutil.copy(Path(__file__).parent / "shop_models.py", app / "models.py")
    sys.path.insert(0, folder)


def show(name, what):
    try:
        print(name, what())
    except Exception as error:  # What a statement is refused with is shown, too.
        print(name, type(error).__name__, str(error)[:300])


def run(host, port, user, password, database):
    # Django knows mysqlclient only, and asks for its version.
    pymysql.version_info = (2, 2, 7, "final", 0)
    pymysql.install_as_MySQLdb()
    import django
    from django.conf import settings

    server = {"ENGINE": "django.db.backends.mysql", "HOST": host, "PORT": port, "USER": user, "PASSWORD": password}
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "shop"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": {**server, "NAME": database}},
    )
    with tempfile.TemporaryDirectory() as folder:
        make_app(folder)
        django.setup()
        use_site()


def use_site():
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.db.models import Avg, Count, Exists, F, OuterRef, Prefetch, Subquery, Sum

    from shop.models import Customer, Order

    def command(*words):
        out = io.StringIO()
        call_command(*words, stdout=out, no_color=True)
        return out.getvalue().strip()

    show("makemigrations", lambda: "0001_initial.py" in command("makemigrations", "shop"))
    show("migrate", lambda: command("migrate"))
    show("again", lambda: command("migrate"))
    show("inspectdb", lambda: command("inspectdb", "shop_customer", "shop_order"))

    def fill():
        for i in range(1, 9):
            Customer.objects.create(id=i, name=f"n{i % 3}", born=f"2000-01-0{i}")
        orders = [Order(id=i * 10 + j, customer_id=i, total=i * j) for i in range(1, 9) for j in range(3)]
        Order.objects.bulk_create(orders)

    def locked():
        with transaction.atomic():
            customer = Customer.objects.select_for_update().get(id=1)
            customer.name = "locked"
            customer.save()
            with transaction.atomic():
                Order.objects.create(id=999, customer=customer, total=1)
        return Order.objects.filter(customer_id=1).count()

    def constraints(table):
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, table)
        kinds = ("columns", "primary_key", "unique", "index", "foreign_key")
        return sorted((name, [about[kind] for kind in kinds]) for name, about in found.items())

    by_id = Customer.objects.order_by("id")
    own = Order.objects.filter(customer=OuterRef("pk"))
    show("fill", fill)
    show("count", Customer.objects.count)
    grouped = Customer.objects.values("name").annotate(n=Count("orders"), sum=Sum("orders__total"))
    show("grouped", lambda: list(grouped.order_by("name")))
    show("aggregate", lambda: Order.objects.aggregate(a=Avg("total"), s=Sum("total"), n=Count("id")))
    prefetch = Prefetch("orders", Order.objects.order_by("id"))
    show("prefetch", lambda: [(c.id, [o.id for o in c.orders.all()]) for c in by_id.prefetch_related(prefetch)])
    joined = Order.objects.select_related("customer").filter(total__gt=6).order_by("id")
    show("joined", lambda: [(o.id, o.customer.name) for o in joined])
    show("exists", lambda: list(by_id.filter(Exists(own.filter(total__gt=8))).values_list("id", flat=True)))
    last = Subquery(own.order_by("-total", "id").values("id")[:1])
    show("subquery", lambda: list(by_id.annotate(last=last).values_list("id", "last")))
    show("exclude", lambda: list(by_id.exclude(orders__total__gt=10).values_list("id", flat=True)))
    show("dates", lambda: list(Customer.objects.dates("born", "month")))
    show("update", lambda: Order.objects.filter(total__gt=5).update(total=F("total") + 1))
    show("cascade", lambda: Customer.objects.get(id=3).delete())
    show("get_or_create", lambda: Customer.objects.get_or_create(id=20, defaults={"name": "x"})[1])
    show("update_or_create", lambda: Customer.objects.update_or_create(id=20, defaults={"name": "y"})[1])
    show("in_bulk", lambda: sorted(Customer.objects.in_bulk([1, 2, 20])))
    show("page", lambda: list(Customer.objects.order_by("name", "id")[2:5].values_list("id", flat=True)))
    show("locked", locked)
    ids = Customer.objects.values_list("id", flat=True)
    show("union", lambda: sorted(ids.filter(id__lt=3).union(ids.filter(id__gt=6))))
    show("constraints", lambda: constraints("shop_order"))
    show("back", lambda: command("migrate", "shop", "zero"))
