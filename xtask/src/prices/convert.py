"""Makes the price table of the agent from a wheel of genai-prices.

python3 convert.py WHEEL COMMITTED > NEW

The wheel's `data.py` is Python that builds objects. It is read as a syntax tree and never run, so this needs neither
the package's dependencies nor trust in it. Written is what the agent reads, one model a line, so that a diff shows
which prices changed. What changed since COMMITTED is said on standard error. The date is the day on which the table
was taken: today, or COMMITTED's while nothing changed.
"""

import ast
import json
import sys
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

# Members that the agent reads, in the order in which they are written.
PROVIDER = ["id", "api_pattern", "model_match", "provider_match", "fallback_model_providers"]
MODEL = ["id", "match", "prices", "price_variants"]

CLAUSES = {
    "ClauseEquals": "equals",
    "ClauseStartsWith": "starts_with",
    "ClauseEndsWith": "ends_with",
    "ClauseContains": "contains",
    "ClauseRegex": "regex",
    "ClauseOr": "or",
    "ClauseAnd": "and",
}


def value_of(node):
    """A plain value of a literal or of a call of one of the package's classes."""
    if isinstance(node, ast.List):
        return [value_of(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {value_of(key): value_of(value) for key, value in zip(node.keys, node.values)}
    if not isinstance(node, ast.Call):
        return ast.literal_eval(node)
    name = ast.unparse(node.func)
    if name == "Decimal":
        return Decimal(ast.literal_eval(node.args[0]))
    if name == "datetime.date":
        year, month, day = (ast.literal_eval(arg) for arg in node.args)
        return f"{year:04}-{month:02}-{day:02}"
    if name == "datetime.time":
        clock = [ast.literal_eval(arg) for arg in node.args] + [0, 0]
        zones = [ast.unparse(keyword.value) for keyword in node.keywords]
        if zones not in ([], ["datetime.UTC"], ["datetime.timezone.utc"]):
            raise SystemExit(f"a time of day in a zone that is not known: {ast.unparse(node)}")
        return "{:02}:{:02}:{:02}+00:00".format(*clock[:3])
    members = {keyword.arg: value_of(keyword.value) for keyword in node.keywords}
    if node.args:
        raise SystemExit(f"arguments without names: {ast.unparse(node)[:100]}")
    if name in CLAUSES:
        (inner,) = members.values()
        return {CLAUSES[name]: inner}
    if name == "StartDateConstraint":
        return {"type": "start_date", **members}
    if name == "TimeOfDateConstraint":
        return {"type": "time_of_date", **members}
    known = ("ConditionalPrice", "ModelInfo", "ModelPrice", "PriceVariant", "Provider", "Tier", "TieredPrices")
    unread = ("ArrayMatch", "UsageExtractor", "UsageExtractorMapping")
    if name not in known + unread:
        raise SystemExit(f"a class that is not known: {name}")
    return members


def text_of(value):
    """JSON with decimals as they are, not as the nearest double."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}:{text_of(inner)}" for key, inner in value.items() if inner is not None)
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    return json.dumps(value, ensure_ascii=True)


def picked(value, names):
    return {name: value[name] for name in names if value.get(name) is not None}


def body_of(providers):
    out = []
    for provider in providers:
        head = text_of(picked(provider, PROVIDER))[:-1]
        models = [text_of(picked(model, MODEL)) for model in provider.get("models", [])]
        out.append(head + ',"models":[\n' + ",\n".join(models) + "\n]}")
    return "[\n" + ",\n".join(out) + "\n]}\n"


def lines_of(body):
    """Each model's line, by provider and model."""
    out = {}
    for provider in json.loads("{\"providers\":" + body)["providers"] if body else []:
        for model in provider["models"]:
            out[provider["id"], model["id"]] = json.dumps(model)
    return out


def main():
    wheel, committed = sys.argv[1:]
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("genai_prices/data.py")
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        header = archive.read(metadata).decode().splitlines()
    (version,) = [line.removeprefix("Version: ") for line in header if line.startswith("Version: ")]
    tree = ast.parse(source)
    (providers,) = [
        value_of(node.value)
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "providers"
    ]
    body = body_of(providers)
    try:
        with open(committed, encoding="utf-8") as file:
            old_head, _, old_body = file.read().partition('"providers":')
        old = json.loads(old_head + '"providers":[]}')
    except FileNotFoundError:
        old, old_body = {}, ""
    same = (old.get("version"), old_body) == (version, body)
    date = old["date"] if same else datetime.now(UTC).date().isoformat()
    head = {"source": "genai-prices", "version": version, "date": date}
    sys.stdout.write(text_of(head)[:-1] + ',"providers":' + body)

    before, after = lines_of(old_body), lines_of(body)
    changed = sum(1 for key in before.keys() & after.keys() if before[key] != after[key])
    print(
        f"genai-prices {version}: {len(providers)} providers, {len(after)} models; since {old.get('version', 'nothing')}"
        f" {len(after.keys() - before.keys())} added, {len(before.keys() - after.keys())} removed, {changed} changed",
        file=sys.stderr,
    )


main()
