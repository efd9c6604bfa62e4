"""A small network trained while other programs compute: torch's threads that spin while they wait, and that sleep.

The same steps run in fresh processes, one after the other, first on a quiet machine, then beside as many busy
processes as it has processors. The smallest of three times counts: wall clock, processor time of the process.
"""

import os
import subprocess
import sys

TRAINING = """
import time, torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1),
                    nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
X, y = torch.rand(64, 1, 40, 40), torch.randint(10, (64,))
optimizer = torch.optim.Adam(net.parameters())
started, before = time.perf_counter(), time.process_time()
for _ in range(30):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(X), y).backward()
    optimizer.step()
print(time.perf_counter() - started, time.process_time() - before)
"""
BUSY = "while True: pass"
PROCESSORS = os.cpu_count() or 1
WAYS = {
    "1 thread": {"OMP_NUM_THREADS": "1"},
    f"{PROCESSORS} threads that spin": {"OMP_NUM_THREADS": str(PROCESSORS)},
    f"{PROCESSORS} threads that sleep": {"OMP_NUM_THREADS": str(PROCESSORS), "OMP_WAIT_POLICY": "PASSIVE"},
}


def run() -> None:
    for others in (0, PROCESSORS):
        print(f"  beside {others} busy processes")
        busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(others)]
        try:
            for name, environment in WAYS.items():
                wall, processor = min(_seconds(environment) for _ in range(3))
                print(f"    {name:22} {wall:6.2f} s, of processors {processor:6.2f} s")
        finally:
            for process in busy:
                process.kill()
                process.wait()


def _seconds(environment: dict[str, str]) -> tuple[float, float]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    told = subprocess.run(
        [sys.executable, "-c", TRAINING], env=inherited | environment, capture_output=True, text=True, check=True
    )
    wall, processor = map(float, told.stdout.split())
    return wall, processor
