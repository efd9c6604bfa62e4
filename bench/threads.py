"""Two small networks trained while other programs compute: torch's threads that wait in three ways, and one thread.

The same steps run in fresh processes, one after the other, first on a quiet machine, then beside as many busy
processes as it has processors. The smallest of three times counts: wall clock, processor time of the process.
"""

import os
import subprocess
import sys

NETWORKS = {
    "convolutions": """
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1),
                    nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
X, y, steps = torch.rand(64, 1, 40, 40), torch.randint(10, (64,)), 10
""",
    "linear layers": """
net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
X, y, steps = torch.rand(128, 64), torch.randint(10, (128,)), 300
""",
}
TRAINING = """
import time, torch
from torch import nn
torch.manual_seed(0)
{network}
optimizer = torch.optim.Adam(net.parameters())
started, before = time.perf_counter(), time.process_time()
for _ in range(steps):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(X), y).backward()
    optimizer.step()
print(time.perf_counter() - started, time.process_time() - before)
"""
BUSY = "while True: pass"
PROCESSORS = os.cpu_count() or 1
ALL = {"OMP_NUM_THREADS": str(PROCESSORS)}
WAYS = {
    "1 thread": {"OMP_NUM_THREADS": "1"},
    f"{PROCESSORS} threads, torch's default": ALL,
    f"{PROCESSORS} threads, a short spin": ALL | {"GOMP_SPINCOUNT": "1000"},
    f"{PROCESSORS} threads that sleep": ALL | {"OMP_WAIT_POLICY": "PASSIVE"},
}


def run() -> None:
    for others in (0, PROCESSORS):
        busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(others)]
        try:
            for title, network in NETWORKS.items():
                print(f"  {title} beside {others} busy processes")
                for name, environment in WAYS.items():
                    wall, processor = min(_seconds(network, environment) for _ in range(3))
                    print(f"    {name:26} {wall:6.2f} s, of processors {processor:6.2f} s")
        finally:
            for process in busy:
                process.kill()
                process.wait()


def _seconds(network: str, environment: dict[str, str]) -> tuple[float, float]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    code = TRAINING.format(network=network)
    told = subprocess.run(
        [sys.executable, "-c", code], env=inherited | environment, capture_output=True, text=True, check=True
    )
    wall, processor = map(float, told.stdout.split())
    return wall, processor
