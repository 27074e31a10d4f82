// What the spike needs beside decoding: random weights, and how fast memory can be read at all.

#include <cuda_fp16.h>
#include <stdint.h>

// Numbers evenly from -bound to bound that depend on their index and the seed alone (the finisher of MurmurHash3).
extern "C" __global__ void fill(__half* to, uint64_t count, uint32_t seed, float bound) {
    uint64_t stride = static_cast<uint64_t>(gridDim.x) * blockDim.x;
    for (uint64_t i = static_cast<uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) {
        uint32_t bits = static_cast<uint32_t>(i) * 0x9E3779B9u ^ seed;
        bits = (bits ^ bits >> 16) * 0x85EBCA6Bu;
        bits = (bits ^ bits >> 13) * 0xC2B2AE35u;
        bits ^= bits >> 16;
        to[i] = __float2half(bound * (static_cast<int32_t>(bits) * 0x1p-31f));
    }
}

// Reads everything once and writes nothing: what reading alone can reach. `seen` hardly ever gets anything, but the
// compiler can't know.
extern "C" __global__ void __launch_bounds__(512) readAll(const uint4* from, uint64_t count, uint32_t* seen) {
    constexpr int AT_ONCE = 8;
    uint32_t all = 0;
    uint64_t stride = static_cast<uint64_t>(gridDim.x) * blockDim.x;
    uint64_t i = static_cast<uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    for (; i + (AT_ONCE - 1) * stride < count; i += AT_ONCE * stride) {
        uint4 read[AT_ONCE];
#pragma unroll
        for (int u = 0; u < AT_ONCE; u++) {
            read[u] = __ldcs(from + i + u * stride);
        }
#pragma unroll
        for (int u = 0; u < AT_ONCE; u++) {
            all ^= read[u].x ^ read[u].y ^ read[u].z ^ read[u].w;
        }
    }
    for (; i < count; i += stride) {
        uint4 read = __ldcs(from + i);
        all ^= read.x ^ read.y ^ read.z ^ read.w;
    }
    if (all == 0x12345678u) {
        *seen = all;
    }
}
