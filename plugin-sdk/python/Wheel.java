import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs the folder sluice/ as a wheel (PyPA's binary distribution format 1.0), the same bytes each
 * time and without Python: {@code java Wheel.java VERSION FILE}.
 */
final class Wheel {
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  public static void main(String[] arguments) throws Exception {
    var version = arguments[0].replace("-SNAPSHOT", ".dev0");
    var info = "sluice_plugin-" + version + ".dist-info/";
    var files = new LinkedHashMap<String, byte[]>();
    for (var name : new String[] {"__init__.py", "__init__.pyi", "py.typed"}) {
      files.put("sluice/" + name, Files.readAllBytes(Path.of("sluice", name)));
    }
    files.put(
        info + "METADATA",
        bytes(
            """
            Metadata-Version: 2.1
            Name: sluice-plugin
            Version: %s
            Summary: Types for plugins of the Sluice gateway in Python
            License: Apache-2.0
            Requires-Python: >=3.9
            Description-Content-Type: text/markdown

            %s\
            """
                .formatted(version, Files.readString(Path.of("README.md")))));
    files.put(
        info + "WHEEL",
        bytes("Wheel-Version: 1.0\nGenerator: sluice\nRoot-Is-Purelib: true\nTag: py3-none-any\n"));
    var record = new StringBuilder();
    for (var file : files.entrySet()) {
      var digest = MessageDigest.getInstance("SHA-256").digest(file.getValue());
      var text = Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
      record.append(file.getKey() + ",sha256=" + text + "," + file.getValue().length + "\n");
    }
    files.put(info + "RECORD", bytes(record + info + "RECORD,,\n"));
    var target = Path.of(arguments[1]);
    Files.createDirectories(target.toAbsolutePath().getParent());
    Files.write(target, zip(files));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] zip(LinkedHashMap<String, byte[]> files) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      zip.setLevel(Deflater.NO_COMPRESSION); // what deflates differs between machines
      for (var file : files.entrySet()) {
        var entry = new ZipEntry(file.getKey());
        entry.setTimeLocal(NO_TIME);
        zip.putNextEntry(entry);
        zip.write(file.getValue());
      }
    }
    return bytes.toByteArray();
  }
}
