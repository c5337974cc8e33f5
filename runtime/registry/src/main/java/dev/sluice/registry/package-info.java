/**
 * Gets plugins from where they are kept: OCI registries, OCI layout folders, files. Verifies what
 * it gets, caches it on disk, and serves a small registry for development. Everything blocks, so
 * none of it is called on an event loop.
 */
@NullMarked
package dev.sluice.registry;

import org.jspecify.annotations.NullMarked;
