package dev.sluice.proxy;

import java.util.List;

/**
 * Tells what a route of the snapshot in force did, for the admin API.
 *
 * @param name its name
 * @param requests exchanges matched since the route first appeared
 * @param active exchanges under way
 * @param plugins its chain in order
 */
public record RouteStatus(String name, long requests, long active, List<String> plugins) {}
