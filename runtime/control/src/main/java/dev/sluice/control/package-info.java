/**
 * Turns a configuration file into a running gateway and keeps it so: parsing and checking,
 * snapshots and reload, the admin API, metrics and the access log.
 */
@NullMarked
package dev.sluice.control;

import org.jspecify.annotations.NullMarked;
