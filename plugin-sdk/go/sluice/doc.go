// Package sluice has typed calls of the services that the Sluice gateway offers to plugins beyond the proxy-wasm ABI:
// patterns, tokens, embeddings, vectors, counters and a store; the package ai beside it has the callbacks on LLM calls. It stands beside the proxy-wasm Go SDK, which does
// everything else.
//
// Asynchronous calls take a function for the answer, which runs while the stream that asked is the effective context: it
// can resume it, set headers or answer. It does not run when the stream is gone by then. A call that the host refuses at
// once returns an error of proxywasm/types: ErrorStatusNotFound on hosts without the service, ErrorStatusBadArgument,
// ErrorInternalFailure without the grant. On a host that is not Sluice every call returns ErrorStatusNotFound.
//
// ABI.md of the SDK says what each call does, with its limits.
package sluice
