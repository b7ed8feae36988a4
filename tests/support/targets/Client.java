// SPDX-License-Identifier: Apache-2.0
// A traced program: a client of the JDK's over one connection, with TLS as the JDK has it.
//
// usage: java -Djdk.httpclient.allowRestrictedHeaders=connection [-D…] Client.java HOSTS_FILE KIND HOST PORT CA_FILE MANIFEST
// HOSTS_FILE: written here; maps HOST to this machine, as no resolver knows it.
// KIND: url (HttpsURLConnection: blocking sockets) or http (java.net.http: channels, offers HTTP/2).
// Each line on standard input, `METHOD PATH [close]`, is one request, after which the connection may be closed; its
// status is printed. Requests carry planted values in headers and, when they have a body, in it. Ends with standard input. Run from its source (JEP 330).
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public final class Client {
  private static SSLContext trusting(String caFile) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null);
    try (InputStream file = new FileInputStream(caFile)) {
      Certificate authority = CertificateFactory.getInstance("X.509").generateCertificate(file);
      store.setCertificateEntry("ca", authority);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  // The manifest is a list of {"name": …, "value": …}; what is needed of it holds no escapes.
  private static Map<String, String> planted(String manifest) throws Exception {
    Map<String, String> values = new HashMap<>();
    String text = Files.readString(Path.of(manifest));
    Matcher objects = Pattern.compile("\\{[^{}]*\\}").matcher(text);
    while (objects.find()) values.put(field(objects.group(), "name"), field(objects.group(), "value"));
    return values;
  }

  private static String field(String object, String name) {
    Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(object);
    return found.find() ? found.group(1) : "";
  }

  private interface Asker {
    int ask(String method, String url, String connection) throws Exception;
  }

  private static String body(Map<String, String> planted) {
    return "{\"email\": \"" + planted.get("email") + "\", \"iban\": \"" + planted.get("iban") + "\"}";
  }

  private static Asker urlAsker(SSLContext context, Map<String, String> planted) {
    HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    return (method, url, fate) -> {
      HttpsURLConnection connection = (HttpsURLConnection) new URL(url).openConnection();
      connection.setRequestProperty("Connection", fate);
      connection.setRequestMethod(method);
      connection.setRequestProperty("Authorization", "Bearer " + planted.get("api_key"));
      connection.setRequestProperty("Cookie", "session=" + planted.get("session_cookie"));
      if (method.equals("POST")) {
        connection.setDoOutput(true);
        connection.getOutputStream().write(body(planted).getBytes(StandardCharsets.UTF_8));
      }
      int status = connection.getResponseCode();
      InputStream answer = status < 400 ? connection.getInputStream() : connection.getErrorStream();
      if (answer != null) answer.readAllBytes(); // so that the connection is used again
      return status;
    };
  }

  private static Asker httpAsker(SSLContext context, Map<String, String> planted) {
    HttpClient client = HttpClient.newBuilder().sslContext(context).build();
    return (method, url, fate) -> {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url))
              .header("Connection", fate)
              .header("Authorization", "Bearer " + planted.get("api_key"))
              .header("Cookie", "session=" + planted.get("session_cookie"))
              .method(
                  method,
                  method.equals("POST")
                      ? HttpRequest.BodyPublishers.ofString(body(planted))
                      : HttpRequest.BodyPublishers.noBody())
              .build();
      return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    };
  }

  public static void main(String[] words) throws Exception {
    String host = words[2];
    Files.writeString(Path.of(words[0]), "127.0.0.1 " + host + "\n");
    System.setProperty("jdk.net.hosts.file", words[0]);
    SSLContext context = trusting(words[4]);
    Map<String, String> planted = planted(words[5]);
    Asker asker = words[1].equals("http") ? httpAsker(context, planted) : urlAsker(context, planted);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    System.out.println("ready");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] request = line.split(" ");
      String fate = request.length > 2 ? request[2] : "keep-alive";
      System.out.println(asker.ask(request[0], "https://" + host + ":" + words[3] + request[1], fate));
    }
    System.exit(0); // the threads of java.net.http do not end by themselves
  }
}
