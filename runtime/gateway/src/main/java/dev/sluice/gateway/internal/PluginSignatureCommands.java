package dev.sluice.gateway.internal;

import dev.sluice.registry.PluginSignatures;
import dev.sluice.registry.PluginSignatures.Form;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.SigningKey;
import dev.sluice.registry.VerifyingKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** Holds the commands about signatures of plugins. */
final class PluginSignatureCommands {
  private PluginSignatureCommands() {}

  /** Reads a reference to a registry. */
  static PluginUrl.Oci target(String reference) {
    if (PluginUrl.parse(reference, Path.of(".")) instanceof PluginUrl.Oci target) {
      return target;
    }
    throw new CommandFailure(reference + " (expected: a reference to a registry)");
  }

  /** Signs a plugin in a registry. */
  @Command(
      name = "sign",
      description = {
        "Signs a plugin in a registry, as cosign does with a key pair and without a log; prints the"
            + " digest.",
        "The key is PKCS#8 in PEM, or cosign's own form with its password in COSIGN_PASSWORD."
      },
      mixinStandardHelpOptions = true)
  static final class Sign implements Callable<Integer> {
    @Mixin private Output output = new Output();
    @Mixin private RegistryOptions registry = new RegistryOptions();

    @Parameters(index = "0", paramLabel = "REF", description = "host[:port]/repository:tag")
    private String reference;

    @Option(names = "--key", required = true, paramLabel = "FILE", description = "The private key.")
    private Path key;

    @Option(
        names = "--form",
        split = ",",
        description =
            "tag (cosign 1 and 2), bundle (cosign 3); both by default. Late versions of cosign 2"
                + " want a trusted root when they see a bundle.")
    private Set<Form> forms = EnumSet.allOf(Form.class);

    @Override
    public Integer call() {
      var target = target(reference);
      var signing = SigningKey.read(key, System.getenv("COSIGN_PASSWORD"));
      try (var client = registry.client(target.registry())) {
        var signatures = new PluginSignatures(client, target);
        signatures.sign(signing, forms);
        var digest = signatures.digest().toString();
        output.print(
            JsonMapper.shared()
                .createObjectNode()
                .put("reference", target.text())
                .put("digest", digest),
            digest);
      }
      return 0;
    }
  }

  /** Checks the signatures of a plugin. */
  @Command(
      name = "verify",
      description = "Checks that one of the keys signed a plugin; prints the digest.",
      mixinStandardHelpOptions = true)
  static final class Verify implements Callable<Integer> {
    @Mixin private Output output = new Output();
    @Mixin private RegistryOptions registry = new RegistryOptions();

    @Parameters(index = "0", paramLabel = "REF", description = "host[:port]/repository:tag")
    private String reference;

    @Option(
        names = "--key",
        required = true,
        paramLabel = "FILE",
        description = "A public key in PEM; may be given again, any one is enough.")
    private List<Path> keys;

    @Override
    public Integer call() {
      var target = target(reference);
      var trusted = new ArrayList<VerifyingKey>();
      keys.forEach(file -> trusted.addAll(VerifyingKey.read(file)));
      try (var client = registry.client(target.registry())) {
        var signatures = new PluginSignatures(client, target);
        var signer = signatures.verify(trusted);
        var digest = signatures.digest().toString();
        Output.say("signed by " + signer.source());
        output.print(
            JsonMapper.shared()
                .createObjectNode()
                .put("reference", target.text())
                .put("digest", digest)
                .put("key", signer.source()),
            digest);
      }
      return 0;
    }
  }
}
