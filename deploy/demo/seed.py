"""A task that ends: writes the products that the api serves."""

import json
import os
import time

PRODUCTS = ["bumblebee", "hornet", "honeybee", "mason bee", "carpenter bee"]

os.makedirs("data", exist_ok=True)
products = []
for number, name in enumerate(PRODUCTS, start=1):
    # Progress as many tools draw it: the same line over and over.
    print(f"\rseeding {number}/{len(PRODUCTS)}", end="", flush=True)
    products.append({"id": number, "name": name, "price": 3 * number})
    time.sleep(0.2)
print()

# Renamed into place: a reader sees the old file or the new one, never half of one.
with open("data/products.json.new", "w", encoding="utf-8") as file:
    json.dump(products, file)
os.replace("data/products.json.new", "data/products.json")
print(f"wrote {len(products)} products to data/products.json")
