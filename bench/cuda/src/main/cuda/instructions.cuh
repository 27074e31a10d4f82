// The instructions of Hopper that C++ has no word for, each as a function that says what it does.
#pragma once

#include <stdint.h>

// An address in shared memory, as instructions want it.
typedef uint32_t SharedAddress;

__device__ inline SharedAddress sharedAddress(const void* pointer) {
    return static_cast<SharedAddress>(__cvta_generic_to_shared(pointer));
}

// A barrier of the first so many threads of a block.
template <int THREADS>
__device__ inline void syncThreads() {
    asm volatile("bar.sync 1, %0;" ::"n"(THREADS) : "memory");
}

// A barrier in shared memory that is arrived at so many times in each phase, and may wait for bytes, too.
__device__ inline void initBarrier(SharedAddress barrier, int count) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(count) : "memory");
}

// Shows new barriers to the copy engine.
__device__ inline void publishBarriers() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

__device__ inline void expectBytes(SharedAddress barrier, uint32_t bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
                 : "memory");
}

__device__ inline void arriveAt(SharedAddress barrier, int times) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(times) : "memory");
}

// Whether the phase of this parity is over; waits a little for it.
__device__ inline bool isOver(SharedAddress barrier, uint32_t parity) {
    uint32_t over;
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
                 : "=r"(over)
                 : "r"(barrier), "r"(parity)
                 : "memory");
    return over;
}

// For what is read once: leaves the cache to others.
__device__ inline uint64_t evictFirst() {
    uint64_t policy;
    asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
    return policy;
}

// Has the copy engine copy into shared memory, both addresses and the size multiples of 16, and tell the barrier.
__device__ inline void copyBulk(SharedAddress to, const void* from, uint32_t bytes, SharedAddress barrier, uint64_t policy) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint"
                 " [%0], [%1], %2, [%3], %4;" ::"r"(to),
                 "l"(from), "r"(bytes), "r"(barrier), "l"(policy)
                 : "memory");
}

// Has what is needed soon brought into the card's cache.
__device__ inline void prefetchBulk(const void* from, uint32_t bytes) {
    asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(from), "r"(bytes) : "memory");
}

// Adds 1, after all that this thread wrote or saw.
__device__ inline void arrive(unsigned* counter) {
    asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(counter) : "memory");
}

// Reads, before all that this thread reads next.
__device__ inline unsigned arrived(const unsigned* counter) {
    unsigned value;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(counter) : "memory");
    return value;
}
