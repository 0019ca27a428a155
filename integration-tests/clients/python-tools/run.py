"""What SQLAlchemy and Django make of a database: host, port, user, password, database. All that they find is printed."""

import sys

import django_site
import sqlalchemy_session

print("# SQLAlchemy")
sqlalchemy_session.run(*sys.argv[1:6])
print("# Django")
django_site.run(*sys.argv[1:6])
