"""SQLAlchemy: tables are created, reflected and dropped, and an ORM session goes through them."""

import json
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, MetaData, Numeric, String, URL, create_engine, delete, func, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "sa_customer"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(60), index=True)
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", order_by="Order.id", cascade="all, delete-orphan")


class Order(Base):
    __tablename__ = "sa_order"
    customer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("sa_customer.id"), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    total: Mapped[Decimal] = mapped_column(Numeric(10, 2), default=0)
    customer: Mapped[Customer] = relationship(back_populates="orders")


def shape(inspector, table):
    return {
        "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)],
        "key": inspector.get_pk_constraint(table),
        "foreign": inspector.get_foreign_keys(table),
        "indexes": inspector.get_indexes(table),
        "unique": inspector.get_unique_constraints(table),
        "checks": inspector.get_check_constraints(table),
        "options": inspector.get_table_options(table),
        "comment": inspector.get_table_comment(table),
    }


def run(host, port, user, password, database):
    url = URL.create("mysql+pymysql", user, password, host, int(port), database)
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)
    inspector = inspect(engine)
    print(sorted(table for table in inspector.get_table_names() if table.startswith("sa_")))
    print(inspector.has_table("sa_order"), inspector.has_table("nowhere"), database in inspector.get_schema_names())
    for table in ("sa_customer", "sa_order"):
        print(table, json.dumps(shape(inspector, table), default=str, sort_keys=True))
    reflected = MetaData()
    reflected.reflect(engine, only=["sa_customer", "sa_order"])
    print([(table.name, [column.name for column in table.columns]) for table in reflected.sorted_tables])
    with Session(engine) as session:
        for i in range(1, 8):
            orders = [Order(id=i * 10 + j, total=i * j) for j in range(3)]
            session.add(Customer(id=i, name=f"n{i % 3}", orders=orders))
        session.commit()
        every = select(Customer).order_by(Customer.id)
        found = session.scalars(every.options(selectinload(Customer.orders)))
        print([(customer.id, customer.name, [order.id for order in customer.orders]) for customer in found])
        found = session.scalars(every.options(joinedload(Customer.orders))).unique()
        print([(customer.id, len(customer.orders)) for customer in found])
        grouped = select(Customer.name, func.count(Order.id), func.sum(Order.total), func.avg(Order.total))
        print(session.execute(grouped.join(Customer.orders).group_by(Customer.name).order_by(Customer.name)).all())
        numbered = select(Customer.id, func.row_number().over(order_by=(Customer.name.desc(), Customer.id)))
        print(session.execute(numbered.order_by(Customer.id)).all())
        customer = session.get_one(Customer, 3)
        customer.name = "changed"
        customer.orders.pop()
        session.commit()
        session.execute(Order.__table__.update().where(Order.total > 5).values(total=Order.total + 1))
        session.commit()
        print(session.execute(select(func.count(), func.sum(Order.total)).select_from(Order)).all())
        of_name = select(Order.id).where(Order.customer.has(Customer.name == "n1")).order_by(Order.id).limit(4)
        print(session.scalars(of_name).all())
        dear = select(Customer.name).where(Customer.orders.any(Order.total > 8)).order_by(Customer.id)
        print(session.scalars(dear).all())
        with session.begin_nested() as savepoint:
            session.execute(delete(Order).where(Order.id > 60))
            savepoint.rollback()
        session.delete(session.get_one(Customer, 2))
        session.commit()
        print(session.scalar(select(func.count()).select_from(Order)))
    Base.metadata.drop_all(engine)
    print(inspect(engine).has_table("sa_order"))
