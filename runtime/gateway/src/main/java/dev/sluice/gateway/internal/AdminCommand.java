package dev.sluice.gateway.internal;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Groups the commands that speak to a running gateway. */
@Command(
    name = "admin",
    description = "Speaks to a running gateway; the token is taken from SLUICE_ADMIN_TOKEN.",
    mixinStandardHelpOptions = true,
    subcommands = {
      AdminCommand.Plugins.class,
      AdminCommand.Load.class,
      AdminCommand.Unload.class,
      AdminCommand.Rollback.class,
      AdminCommand.Promote.class,
      AdminCommand.Config.class,
      AdminCommand.Drain.class,
      AdminModels.class,
      AdminTop.class
    })
public final class AdminCommand {
  /** Where a gateway listens when its configuration says nothing else. */
  static final String USUAL = "http://127.0.0.1:9901";

  /** Creates the command; called by picocli. */
  public AdminCommand() {}

  /** Says which gateway. */
  public static final class Target {
    @Option(
        names = "--admin",
        paramLabel = "URL",
        defaultValue = USUAL,
        scope = ScopeType.LOCAL,
        description = "The admin API, ${DEFAULT-VALUE} by default.")
    private String url;

    /** Creates the options; called by picocli. */
    public Target() {}

    AdminClient client() {
      return new AdminClient(url, System.getenv("SLUICE_ADMIN_TOKEN"));
    }
  }

  /** Lists plugins. */
  @Command(name = "plugins", description = "Lists the plugins.", mixinStandardHelpOptions = true)
  public static final class Plugins implements Callable<Integer> {
    @Mixin private Target target = new Target();
    @Mixin private Output output = new Output();

    /** Creates the command; called by picocli. */
    public Plugins() {}

    @Override
    public Integer call() {
      var plugins = target.client().getJson("/plugins");
      var text = new StringBuilder();
      text.append(
          String.format(
              "%-24s %-9s %-8s %-20s %s", "NAME", "STATE", "VERSION", "DIGEST", "ROUTES"));
      for (var plugin : plugins) {
        var digest = plugin.path("digest").asString("");
        text.append(
            String.format(
                "%n%-24s %-9s %-8s %-20s %s",
                plugin.path("name").asString(""),
                plugin.path("state").asString("-"),
                plugin.path("version").asString("-"),
                digest.substring(0, Math.min(19, digest.length())),
                plugin.path("routes").valueStream().map(JsonNode::asString).toList()));
        text.append(canary(plugin.path("canary")));
      }
      output.print(plugins, text.toString());
      return 0;
    }

    /** Returns a line about the new version that has a share of exchanges, or had one. */
    private static String canary(JsonNode canary) {
      if (canary.isMissingNode()) {
        return "";
      }
      var digest = canary.path("digest").asString("");
      var reason = canary.path("reason").asString("");
      return String.format(
          "%n  %-22s %-9s %-8s %-20s %s %%%s",
          "canary",
          canary.path("state").asString("-").replace("rolled_back", "refused"),
          canary.path("version").asString("-"),
          digest.substring(0, Math.min(19, digest.length())),
          canary.path("percent").asString("-"),
          reason.isEmpty() ? "" : ": " + reason);
    }
  }

  /** Loads or replaces a plugin. */
  @Command(
      name = "load",
      description = {
        "Loads or replaces a plugin and returns when it serves.",
        "Give its whole entry by --file, or a new --url for one that is there."
      },
      mixinStandardHelpOptions = true)
  public static final class Load implements Callable<Integer> {
    @Mixin private Target target = new Target();
    @Mixin private Output output = new Output();

    @Parameters(index = "0", paramLabel = "NAME")
    private String name;

    @Option(names = "--url", description = "Where the new version is.")
    private String url = "";

    @Option(
        names = {"-f", "--file"},
        paramLabel = "FILE",
        description = "One entry of plugins.")
    private Path file = Path.of("");

    /** Creates the command; called by picocli. */
    public Load() {}

    @Override
    public Integer call() {
      if (url.isEmpty() == file.toString().isEmpty()) {
        throw new CommandFailure("expected: --url or --file");
      }
      var client = target.client();
      var body =
          url.isEmpty() ? dev.sluice.control.ConfigReader.text(file) : withUrl(client).toString();
      var plugin = client.send("PUT", "/plugins/" + name, body);
      output.print(
          plugin,
          name
              + " "
              + plugin.path("version").asString("")
              + " serves\n"
              + plugin.path("digest").asString(""));
      return 0;
    }

    private JsonNode withUrl(AdminClient client) {
      for (var plugin : client.getJson("/config").path("plugins")) {
        if (plugin.path("name").asString("").equals(name)) {
          var entry = JsonMapper.shared().createObjectNode();
          plugin.properties().forEach(field -> entry.set(field.getKey(), field.getValue()));
          entry.remove("sha256");
          return entry.put("url", url);
        }
      }
      return JsonMapper.shared().createObjectNode().put("name", name).put("url", url);
    }
  }

  /** Removes a plugin. */
  @Command(name = "unload", description = "Removes a plugin.", mixinStandardHelpOptions = true)
  public static final class Unload implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Parameters(index = "0", paramLabel = "NAME")
    private String name;

    /** Creates the command; called by picocli. */
    public Unload() {}

    @Override
    public Integer call() {
      target.client().send("DELETE", "/plugins/" + name, "");
      Output.say(name + " is gone");
      return 0;
    }
  }

  /** Puts the version before back. */
  @Command(
      name = "rollback",
      description = {
        "Puts the version of a plugin back that served before.",
        "A new version that has only a share of exchanges (canary) loses that."
      },
      mixinStandardHelpOptions = true)
  public static final class Rollback implements Callable<Integer> {
    @Mixin private Target target = new Target();
    @Mixin private Output output = new Output();

    @Parameters(index = "0", paramLabel = "NAME")
    private String name;

    /** Creates the command; called by picocli. */
    public Rollback() {}

    @Override
    public Integer call() {
      serves(output, target.client().send("POST", "/plugins/" + name + "/rollback", ""));
      return 0;
    }
  }

  /** Gives all exchanges to a new version. */
  @Command(
      name = "promote",
      description = "Gives all exchanges to a new version that has a share of them (canary).",
      mixinStandardHelpOptions = true)
  public static final class Promote implements Callable<Integer> {
    @Mixin private Target target = new Target();
    @Mixin private Output output = new Output();

    @Parameters(index = "0", paramLabel = "NAME")
    private String name;

    /** Creates the command; called by picocli. */
    public Promote() {}

    @Override
    public Integer call() {
      serves(output, target.client().send("POST", "/plugins/" + name + "/promote", ""));
      return 0;
    }
  }

  private static void serves(Output output, JsonNode plugin) {
    output.print(
        plugin,
        plugin.path("name").asString("")
            + " "
            + plugin.path("version").asString("")
            + " serves\n"
            + plugin.path("digest").asString(""));
  }

  /** Prints the configuration in force. */
  @Command(
      name = "config",
      description = "Prints the whole configuration as it is in force.",
      mixinStandardHelpOptions = true)
  public static final class Config implements Callable<Integer> {
    @Mixin private Target target = new Target();
    @Mixin private Output output = new Output();

    /** Creates the command; called by picocli. */
    public Config() {}

    @Override
    public Integer call() {
      var config = target.client().getJson("/config");
      output.print(
          config,
          new tools.jackson.dataformat.yaml.YAMLMapper()
              .writeValueAsString(config)
              .stripTrailing());
      return 0;
    }
  }

  /** Drains the gateway. */
  @Command(
      name = "drain",
      description = "Lets exchanges finish and ends the gateway.",
      mixinStandardHelpOptions = true)
  public static final class Drain implements Callable<Integer> {
    @Mixin private Target target = new Target();

    /** Creates the command; called by picocli. */
    public Drain() {}

    @Override
    public Integer call() {
      target.client().send("POST", "/drain", "");
      Output.say("draining");
      return 0;
    }
  }
}
