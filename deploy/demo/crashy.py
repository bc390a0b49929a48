"""Starts well, then fails with a stack trace: once every two seconds until it is given up."""

import time


class Order:
    def __init__(self, items):
        self.items = items

    def total(self):
        return sum(item["price"] * item["count"] for item in self.items)


def checkout(order):
    print(f"checking out {len(order.items)} items", flush=True)
    return order.total()


print("crashy: started", flush=True)
time.sleep(2)
checkout(Order([{"price": 3, "count": 2}, {"price": 5}]))
