package dev.sluice.plugin.engine;

import java.nio.file.Path;

/**
 * Is a verified artifact on disk.
 *
 * @param name the plugin's name in the configuration
 * @param version the version of its manifest, or an empty string
 * @param digest {@code sha256:…} of the artifact
 * @param file the module, script or jar; a folder for a tree
 * @param entry the entry point inside a tree, or an empty string
 */
public record PluginSource(String name, String version, String digest, Path file, String entry) {}
