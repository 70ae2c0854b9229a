"""Starts a client for each line of its input, and tells of each as a line of JSON: its pid and what it printed.

It has a TLS library loaded, as a program would that makes calls itself and through others; it makes none.
"""

import json
import ssl
import subprocess
import sys

print(json.dumps({"library": ssl.OPENSSL_VERSION}), flush=True)
while sys.stdin.readline():
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
    output, _ = child.communicate()
    print(json.dumps({"pid": child.pid, "output": output.decode()}), flush=True)
