"""What this machine computes best with: device, number format, attention, memory allocator."""

import ctypes
import sys

import torch

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # glibc's malloc.h


def best_device() -> torch.device:
    """A CUDA GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bf16 matrix products are faster than fp32 ones here.

    They are on recent GPUs and on CPUs with AMX; on other CPUs bf16 is emulated and
    slower than fp32 by far.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_amx_tile_supported())


def attention_for(device: torch.device) -> str:
    """The attention implementation to load an encoder with.

    PyTorch's fused attention is the faster one on GPUs and on plain CPUs. On CPUs with AMX plain
    matrix products train faster than it.
    """
    return "eager" if device.type == "cpu" and has_fast_bf16(device) else "sdpa"


def keep_freed_memory() -> None:
    """Ask glibc to keep what tensors free instead of returning it to the kernel at each step.

    A training step on the CPU frees and takes hundreds of megabytes; returned to the kernel, it
    comes back as page faults. Elsewhere than on Linux with glibc this does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def best_workers() -> int:
    """How many batches to compute side by side: one a core on a CPU, one on a GPU.

    A core computes a batch of its own faster than its part of a batch that all cores share.
    """
    return torch.get_num_threads() if best_device().type == "cpu" else 1


def best_batch_pieces(device: torch.device) -> int:
    """How many pieces to compute in one batch, padding included.

    On a CPU 1,024 were the fastest of 512 to 4,096 with the shipped encoder, by 4 % and more
    (`docs/performance.md`), and most so on a busy machine. A GPU wants more work at a time.
    """
    return 16_384 if device.type == "cuda" else 1_024
