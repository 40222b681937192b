"""Column lineage of views by sqlglot or sqllineage, for rivals.ts: reads the views from a JSON file, prints JSON.

Both are used in their best way: sqlglot compiled, qualified once per view; sqllineage with the catalog's columns.
"""

import json
import logging
import os
import sys
import time
import warnings

# The views are printed with nothing but this schema in the search path.
os.environ["SQLLINEAGE_DEFAULT_SCHEMA"] = "pg_catalog"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

tool, path, rounds, budget = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
with open(path, encoding="utf-8") as file:
    work = json.load(file)


def sqlglot_reader():
    import sqlglot
    from sqlglot import exp
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope
    from sqlglot.schema import MappingSchema

    schema = MappingSchema(work["tables"], dialect="postgres", normalize=False)

    def read(view):
        tree = sqlglot.parse_one(view["sql"], dialect="postgres")
        # Names of our own, because a view may name its columns other than its query does.
        for index, select in enumerate(tree.selects):
            select.replace(exp.alias_(select.unalias().copy(), f"c{index}"))
        tree = qualify(tree, schema=schema, dialect="postgres", db="pg_catalog", validate_qualify_columns=False)
        scope = build_scope(tree)
        result = []
        for index in range(len(tree.selects)):
            node = lineage(f"c{index}", tree, schema=schema, dialect="postgres", scope=scope, copy=False)
            sources = set()
            for part in node.walk():
                if not part.downstream and isinstance(part.expression, exp.Table):
                    table = part.expression
                    column = sqlglot.parse_one(part.name, dialect="postgres").name
                    sources.add(f"{table.db}.{table.name}.{column}")
            result.append(sorted(sources))
        return result

    return read


def sqllineage_reader():
    from sqllineage.core.metadata.dummy import DummyMetaDataProvider
    from sqllineage.runner import LineageRunner

    columns = {
        f"{schema}.{table}": list(names) for schema, tables in work["tables"].items() for table, names in tables.items()
    }
    provider = DummyMetaDataProvider(columns)

    def read(view):
        names = ", ".join(f"c{index}" for index in range(view["columns"]))
        sql = f"CREATE VIEW bench.made ({names}) AS {view['sql']}"
        runner = LineageRunner(sql, dialect="postgres", metadata_provider=provider)
        result = [set() for _ in range(view["columns"])]
        for path in runner.get_column_lineage():
            source, target = path[0], path[-1]
            if str(target.parent) != "bench.made":
                continue
            name = target.raw_name
            index = int(name[1:]) if name[1:].isdigit() and name.startswith("c") else view["names"].index(name)
            result[index].add(f"{source.parent}.{source.raw_name}")
        return [sorted(sources) for sources in result]

    return read


read = {"sqlglot": sqlglot_reader, "sqllineage": sqllineage_reader}[tool]()
answers, times = [], [[] for _ in work["views"]]
begun = time.process_time()
for turn in range(rounds):
    for index, view in enumerate(work["views"]):
        if time.process_time() - begun > budget:
            break
        start = time.process_time()
        try:
            answer = read(view)
        except Exception as error:
            answer = {"failed": f"{type(error).__name__}: {error}"[:200]}
        times[index].append((time.process_time() - start) * 1000)
        if turn == 0:
            answers.append(answer)
json.dump({"answers": answers, "times": times}, sys.stdout)
