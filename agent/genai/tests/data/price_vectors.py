"""Makes price_vectors.json: what genai-prices itself says that calls cost.

pip install genai-prices==0.2.3
python3 price_vectors.py > price_vectors.json

Models, usages, times and kinds of processing are drawn at random from a fixed seed. The version must be that of
`agent/genai/data/prices.json`.
"""

import json
import random
import warnings
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from genai_prices import Usage, data
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.types import ClauseContains, ClauseEndsWith, ClauseEquals, ClauseOr, ClauseStartsWith
from genai_prices.units import _get_registry

COUNT = 400
# Where prices change: dates of the table, hours of providers that are cheaper at night, and any time.
DAYS = [datetime(2025, 1, 1), datetime(2026, 6, 1), datetime(2026, 11, 20), datetime(2027, 3, 1)]
URLS = [
    "https://api.openai.com/v1/chat/completions",
    "https://api.anthropic.com/v1/messages",
    "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse",
    "https://shop.openai.azure.com/openai/v1/chat/completions",
    "https://eu-aiplatform.googleapis.com/v1/m:generateContent",
    "https://router.huggingface.co/groq/openai/v1/chat/completions",
    "https://openrouter.ai/api/v1/chat/completions",
    "https://api.moonshot.cn/v1/chat/completions",
    "https://localhost:8000/v1/chat/completions",
]
CONTEXTS = [{}, {}, {}] + [
    {"service_tier": tier} for tier in ("priority", "flex", "default", "fast", "standard")
] + [{"speed": "fast"}, {"processing": "batch"}]

draw = random.Random(20261120)
units = _get_registry().units


def name_of(clause):
    """A name that this clause is meant for."""
    if isinstance(clause, ClauseOr):
        return name_of(draw.choice(clause.or_))
    if isinstance(clause, ClauseEquals):
        return clause.equals
    if isinstance(clause, ClauseStartsWith):
        return clause.starts_with + draw.choice(["", "", "-latest", "-20251211", "-2026-01-31"])
    if isinstance(clause, ClauseContains):
        return draw.choice(["", "x/"]) + clause.contains + draw.choice(["", "-1"])
    if isinstance(clause, ClauseEndsWith):
        return "x-" + clause.ends_with
    return None


def call():
    provider = draw.choice(data.providers)
    model = draw.choice(provider.models)
    name = draw.choice([name_of(model.match), model.id]) or model.id
    if draw.random() < 0.1:
        name = name.replace("2025-", "2025").upper()
    url = None
    draws = draw.random()
    if draws < 0.1:
        url = draw.choice(URLS)
    provider_id = None if url or draws > 0.95 else provider.id
    if draws > 0.93 and provider_id:
        name, provider_id = f"{provider.id}/{name}", "litellm"
    if draws > 0.9 and draws < 0.93:
        provider_id = "azure"
    context = draw.choice(CONTEXTS)
    at = draw.choice(DAYS).replace(tzinfo=UTC, hour=draw.randrange(24), minute=draw.choice([0, 29, 30, 59]))
    return provider_id, url, name, context, at


def usage_of(prices):
    keys = [key for key in prices if key not in ("input_tokens", "output_tokens", "requests")]
    total = draw.choice([draw.randrange(1, 2_000), draw.randrange(1, 1_200_000), 200_000, 200_001, 272_000])
    usage = {"input_tokens": total, "output_tokens": draw.choice([0, draw.randrange(1, 100_000)])}
    for key in keys + draw.sample(["output_reasoning_tokens", "cache_write_5m_tokens", "web_searches"], 1):
        dimensions = units[key].dimensions
        if draw.random() < 0.4:
            continue
        if dimensions.get("family") == "tokens":
            whole = usage[dimensions["direction"] + "_tokens"]
            # Now and then more than there can be.
            usage[key] = draw.randrange(whole // draw.choice([2, 4, 8, 8]) + 1)
        else:
            usage[key] = draw.randrange(20)
    if draw.random() < 0.02:
        del usage["input_tokens"]
    return usage


def pico(amount):
    return str(amount.quantize(Decimal("1e-12"), ROUND_HALF_UP).normalize().__format__("f"))


def vector():
    provider_id, url, name, context, at = call()
    snapshot = DataSnapshot(providers=data.providers, from_auto_update=False)
    out = {"provider": provider_id, "url": url, "model": name, "context": context, "at": int(at.timestamp())}
    try:
        provider, model = snapshot.find_provider_model(name, None, provider_id, url)
    except LookupError:
        return {**out, "usage": {"input_tokens": 1, "output_tokens": 1}, "none": "unknown"}
    own = any(model is other for other in provider.models)
    prices = model.get_prices(at, context if own else None)
    priced = [unit.usage_key for unit in units.values() if getattr(prices, unit.price_key) is not None]
    usage = usage_of(priced)
    out["usage"] = usage
    if not priced:
        return {**out, "none": "no_price"}
    if not any(key in usage or key == "requests" for key in priced):
        return {**out, "none": "no_usage"}
    if "input_tokens" in priced and "input_tokens" not in usage:
        # The library takes it for 0 where nothing contradicts; here what was not told is not known.
        return {**out, "none": "usage"}
    try:
        price = model.calc_price(Usage(**usage), provider, genai_request_timestamp=at, price_context=context)
    except ValueError:
        return {**out, "none": "usage"}
    cost = {key: pico(getattr(price, f"{key}_price")) for key in ("input", "output", "total")}
    return {**out, "matched": [provider.id, model.id], "cost": cost}


warnings.simplefilter("error")
lines = [json.dumps(vector(), separators=(",", ":")) for _ in range(COUNT)]
print("[\n" + ",\n".join(lines) + "\n]")
