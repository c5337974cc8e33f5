#!/usr/bin/env python3
"""Compares Sluice with other AI gateways: the same chat exchange of 4 KB through each.

Clients speak OpenAI's chat completions, the provider is `sluice standin`. Rounds are interleaved (A B C A B C ...), so a
slow minute of the machine hits all alike, and the figure to trust is CPU per exchange, read from each process' own
counters. Writes a Markdown table. A gateway that is not installed is left out, and the table says so; to install them:

  python3 -m venv .peers/gateways/python && .peers/gateways/python/bin/pip install "litellm[proxy]==LITELLM"
  npm install --prefix .peers/gateways/node @portkey-ai/gateway@PORTKEY
"""

import argparse
import datetime
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import peers

LITELLM = "1.106.0"
PORTKEY = "1.15.2"
__doc__ = __doc__.replace("LITELLM", LITELLM).replace("PORTKEY", PORTKEY)
GATEWAYS = peers.REPOSITORY / ".peers/gateways"
KEY = "sk-compare-0123456789abcdef0123456789abcdef"


def exchange():
    """Returns a request of 4 KB with turns, a system prompt and a tool, as agents send them."""
    turn = "We talked about the release of the next version and about what is to be done before it. "
    messages = [{"role": "system", "content": "You are the assistant of a team. Answer briefly."}]
    for number in range(8):
        messages.append({"role": "user" if number % 2 == 0 else "assistant", "content": f"{number}: {turn * 4}"})
    messages.append({"role": "user", "content": "What is next?"})
    schema = {"type": "object", "properties": {"city": {"type": "string", "description": "Where"}}, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "forecast", "description": "Tells the weather", "parameters": schema}}
    body = {"model": "chat", "temperature": 0.2, "messages": messages, "tools": [tool]}
    body["user"] = "x" * (4096 - len(json.dumps(body)) - len(', "user": ""'))
    return json.dumps(body)


class Provider:
    """The stand-in, with an answer of 150 words."""

    def __init__(self, folder):
        self.port = peers.free_port()
        words = " ".join(f"word{number}" for number in range(150))
        self.process = peers.Process(
            [str(peers.REPOSITORY / "sluice"), "standin", "--listen", f"127.0.0.1:{self.port}", "--text", words],
            folder / "standin.log",
        )
        self.process.await_port(self.port, 120)


class Sluice:
    """One event loop, with a model and a provider."""

    name = "Sluice"
    share = 1.0

    def __init__(self, folder, provider):
        self.port = peers.free_port()
        self.headers = {"authorization": "Bearer " + KEY}
        config = folder / "sluice.yaml"
        config.write_text(f"""
admin: {{address: "127.0.0.1:{peers.free_port()}"}}
threads: 1
accessLog: {{}}
listeners:
  - {{name: web, address: "127.0.0.1:{self.port}"}}
providers:
  - {{name: standin, format: openai, baseUrl: "http://127.0.0.1:{provider.port}/v1", keys: [{{value: sk-provider}}]}}
models:
  - {{name: chat, targets: [{{provider: standin, model: chat}}], price: {{input: 2.5, output: 10, per: 1M}}}}
routes:
  - {{name: llm, match: {{path: {{prefix: /v1/}}}}, ai: {{}}}}
""")
        self.process = peers.Process(
            [str(peers.REPOSITORY / "sluice"), "run", "-c", str(config)], folder / "sluice.log"
        )
        self.process.await_port(self.port, 120)

    @staticmethod
    def version():
        done = subprocess.run([str(peers.REPOSITORY / "sluice"), "--version"], capture_output=True, text=True, check=False)
        return done.stdout.split()[-1]


class LiteLlm:
    """One worker, without a database, its own log switched off."""

    name = "LiteLLM"
    share = 0.01

    def __init__(self, folder, provider):
        self.port = peers.free_port()
        self.headers = {"authorization": "Bearer " + KEY}
        config = folder / "litellm.yaml"
        config.write_text(f"""
model_list:
  - model_name: chat
    litellm_params: {{model: openai/chat, api_base: "http://127.0.0.1:{provider.port}/v1", api_key: sk-provider}}
litellm_settings: {{telemetry: false, set_verbose: false}}
general_settings: {{master_key: "{KEY}"}}
""")
        self.process = peers.Process(
            [str(GATEWAYS / "python/bin/litellm"), "--config", str(config), "--port", str(self.port),
             "--host", "127.0.0.1", "--num_workers", "1", "--telemetry", "False"],
            folder / "litellm.log",
            {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR",
             "PATH": f"{GATEWAYS}/python/bin:/usr/local/bin:/usr/bin:/bin"},
        )
        self.process.await_port(self.port, 240)

    @staticmethod
    def version():
        return LITELLM if (GATEWAYS / "python/bin/litellm").exists() else None


class Portkey:
    """One process of Node, the provider named by the client's headers."""

    name = "Portkey"
    share = 0.05

    def __init__(self, folder, provider):
        self.port = peers.free_port()
        self.headers = {
            "authorization": "Bearer sk-provider",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"http://127.0.0.1:{provider.port}/v1",
        }
        self.process = peers.Process(
            ["node", str(self.script()), f"--port={self.port}", "--headless"],
            folder / "portkey.log",
            {"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"},
        )
        self.process.await_port(self.port, 120)

    @staticmethod
    def script():
        return GATEWAYS / "node/node_modules/@portkey-ai/gateway/build/start-server.js"

    @classmethod
    def version(cls):
        return PORTKEY if cls.script().exists() else None


def load(gateway, requests, folder):
    """Sends the exchange so many times over 8 connections; a failed one is an error."""
    headers = [item for name, value in gateway.headers.items() for item in ("-H", f"{name}: {value}")]
    out = subprocess.run(
        ["h2load", "--h1", "-n", str(requests), "-c8", "-d", str(folder / "exchange.json"),
         "-H", "content-type: application/json", *headers, f"http://127.0.0.1:{gateway.port}/v1/chat/completions"],
        capture_output=True, text=True, check=False,
    ).stdout
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", out)
    good = re.search(r"status codes: (\d+) 2xx", out)
    if not rate or not good or int(good.group(1)) != requests:
        raise RuntimeError(f"{gateway.name}: not every exchange succeeded:\n{out}")
    return float(rate.group(1))


def measure(gateway, requests, folder):
    """Returns (exchanges per second, CPU µs per exchange) of one round."""
    before = sum(gateway.process.cpu())
    rate = load(gateway, requests, folder)
    return rate, (sum(gateway.process.cpu()) - before) * 1e6 / requests


def table(results):
    """Returns the Markdown table; the ratios are medians of the rounds' own ratios."""
    lines = ["| | exchanges/s | CPU µs per exchange | × Sluice | MB |", "|---|---|---|---|---|"]
    base = [round_[1] for round_ in results["Sluice"]["rounds"]]
    for name, result in results.items():
        cpu = [round_[1] for round_ in result["rounds"]]
        ratio = statistics.median(one / other for one, other in zip(cpu, base))
        lines.append(
            f"| {name} {result['version']} | {statistics.median(r[0] for r in result['rounds']):,.0f} |"
            f" **{statistics.median(cpu):,.0f}** ({min(cpu):,.0f} to {max(cpu):,.0f}) | {ratio:,.1f} |"
            f" {result['memory']} |"
        )
    return lines


def run(args, folder):
    """Starts all, warms up, measures and returns the report."""
    (folder / "exchange.json").write_text(exchange())
    provider = Provider(folder)
    gateways, missing = [], []
    try:
        for kind in (Sluice, LiteLlm, Portkey):
            if kind.version():
                gateways.append(kind(folder, provider))
            else:
                missing.append(kind.name)
        for gateway in gateways:
            load(gateway, max(50, int(args.warmup * gateway.share)), folder)
        results = {one.name: {"version": one.version(), "rounds": []} for one in gateways}
        for number in range(args.rounds):
            for one in gateways:
                result = measure(one, max(50, int(args.requests * one.share)), folder)
                results[one.name]["rounds"].append(result)
                print(f"{number + 1}/{args.rounds} {one.name}: {result[0]:,.0f}/s {result[1]:,.0f} µs", file=sys.stderr)
        for one in gateways:
            results[one.name]["memory"] = one.process.memory()
    finally:
        for one in gateways:
            one.process.stop()
        provider.process.stop()
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    return "\n".join([
        f"Measured {datetime.date.today()} by `benchmarks/compare/llm.py` on {cores} shared cores: a chat exchange of 4 KB"
        f" over 8 connections, each gateway with one worker and no access log, {args.rounds}"
        " interleaved rounds. Median (range); ratios are medians of the rounds' own ratios."
        + (f" Not installed here, so left out: {', '.join(missing)}." if missing else ""),
        "", *table(results), "",
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=20_000, help="of Sluice per round; the others get a share")
    parser.add_argument("--warmup", type=int, default=60_000, help="of Sluice; the others get a share")
    parser.add_argument("--out", type=pathlib.Path, help="replaces the generated part of this file")
    args = parser.parse_args()
    report = run(args, pathlib.Path(tempfile.mkdtemp(prefix="sluice-llm-")))
    print(report)
    if args.out:
        peers.replace_part(args.out, "llm", report)


if __name__ == "__main__":
    main()
