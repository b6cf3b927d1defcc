"""Run an installed gz_index from a folder that holds nothing: names, data, one evaluation each."""

from pathlib import Path

import gz_index as gz
from gz_index import catalog

home = Path(gz.__file__).parent
assert "site-packages" in home.parts, home
assert catalog._folder("methods") == home / "_catalog" / "methods"
for name in gz.available():
    index = gz.load(name)
    if not index.data:
        continue
    data = gz.data(index.data)
    print(f"{name}: {len(index.framework.codes)} indicators, data {data.shape}")
for name in gz.available("weights"):
    gz.judgements(name)
for name in gz.available("data"):
    for table in [None, *catalog.describe_data(name).get("tables", {})]:
        assert not gz.data(name, table=table).empty, (name, table)
result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
assert result.total.notna().all()
print(result)
