"""The sample shop from Python: `pip install pymysql`, `make demo` in another terminal, then `python3 docs/examples/shop.py`."""
import sys

import pymysql

port = int(sys.argv[1]) if len(sys.argv) > 1 else 15306
shop = pymysql.connect(host="127.0.0.1", port=port, user="app", password="app", database="customer")
with shop.cursor() as cursor:
    cursor.execute("SELECT name, country FROM customer WHERE id = %s", (42,))
    print("one shard:  ", cursor.fetchone())
    cursor.execute("SELECT COUNT(*), SUM(total) FROM orders WHERE status = %s", ("paid",))
    print("all shards: ", cursor.fetchone())
    cursor.execute("INSERT INTO customer (email, name, country) VALUES (%s, %s, %s)", ("ada@example.com", "Ada", "DE"))
    ada = cursor.lastrowid
    cursor.execute("INSERT INTO orders (customer_id, status, total) VALUES (%s, 'new', 9.99)", (ada,))
    shop.commit()
    cursor.execute("SELECT c.name, o.total FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.id = %s", (ada,))
    print("a new order:", cursor.fetchall())
