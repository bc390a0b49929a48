//! Maven: a project as the quickstart archetype leaves it, and one with Spring Boot's plugin.
//!
//! Maven is real; what Maven would download is not: archetypes and Spring Boot come from a repository that is
//! not among those that these tests may need. The `pom.xml` is therefore written here, and a plugin of Spring
//! Boot's name, whose goal `run` serves one page, lies in a local repository.

use std::path::{Path, PathBuf};

use brummer_tests::{Home, http};

use super::{down_leaves_nothing, kept, listed, need, run, up_asks, up_starts, url};

const VERSION: &str = "3.5.0";

const RUN_MOJO: &str = r#"
package org.springframework.boot.maven;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import org.apache.maven.plugin.AbstractMojo;

public class RunMojo extends AbstractMojo {
    public void execute() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
            server.createContext("/", exchange -> {
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
            });
            server.start();
            System.out.println("Serving on http://127.0.0.1:" + server.getAddress().getPort() + "/");
            Thread.currentThread().join();
        } catch (Exception error) {
            throw new RuntimeException(error);
        }
    }
}
"#;

const DESCRIPTOR: &str = "<plugin><groupId>org.springframework.boot</groupId>\
    <artifactId>spring-boot-maven-plugin</artifactId><version>3.5.0</version>\
    <goalPrefix>spring-boot</goalPrefix><mojos><mojo><goal>run</goal><requiresProject>true</requiresProject>\
    <implementation>org.springframework.boot.maven.RunMojo</implementation><language>java</language>\
    <instantiationStrategy>per-lookup</instantiationStrategy></mojo></mojos></plugin>";

/// As `archetype:generate` with the quickstart archetype writes it, shortened.
const QUICKSTART: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd">
  <modelVersion>4.0.0</modelVersion>

  <groupId>org.example</groupId>
  <artifactId>shop</artifactId>
  <version>1.0-SNAPSHOT</version>

  <name>shop</name>
  <!-- FIXME change it to the project's website -->
  <url>http://www.example.com</url>

  <properties>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
    <maven.compiler.release>17</maven.compiler.release>
  </properties>

  <build>
    <pluginManagement><!-- lock down plugins versions to avoid using Maven defaults (may be moved to parent pom) -->
      <plugins>
        <plugin>
          <artifactId>maven-compiler-plugin</artifactId>
          <version>3.13.0</version>
        </plugin>
      </plugins>
    </pluginManagement>
  </build>
</project>
"#;

/// A local repository with the plugin, and with what Maven gives every plugin.
fn repository() -> PathBuf {
    kept("maven-spring-boot-1", |dir| {
        let version = run(dir, &["mvn", "--batch-mode", "--version"]).stdout;
        let maven =
            version.lines().find_map(|line| line.strip_prefix("Maven home: ")).expect("Maven says where");
        let api = format!("{maven}/lib/*");
        std::fs::write(dir.join("RunMojo.java"), RUN_MOJO).unwrap();
        run(dir, &["javac", "-d", "classes", "-cp", &api, "RunMojo.java"]);
        std::fs::create_dir_all(dir.join("classes/META-INF/maven")).unwrap();
        std::fs::write(dir.join("classes/META-INF/maven/plugin.xml"), DESCRIPTOR).unwrap();
        artifact(dir, "org.springframework.boot", "spring-boot-maven-plugin", VERSION, "classes");
        std::fs::create_dir(dir.join("nothing")).unwrap();
        artifact(dir, "org.codehaus.plexus", "plexus-utils", "1.1", "nothing");
    })
}

fn artifact(dir: &Path, group: &str, name: &str, version: &str, classes: &str) {
    let place = dir.join("repository").join(group.replace('.', "/")).join(name).join(version);
    std::fs::create_dir_all(&place).unwrap();
    let pom = format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>{group}</groupId>\
         <artifactId>{name}</artifactId><version>{version}</version></project>"
    );
    std::fs::write(place.join(format!("{name}-{version}.pom")), pom).unwrap();
    let jar = place.join(format!("{name}-{version}.jar"));
    run(dir, &["jar", "--create", "--file", jar.to_str().unwrap(), "-C", classes, "."]);
}

#[test]
fn maven_runs_spring_boot_where_its_plugin_is_else_asks() {
    for program in ["mvn", "javac", "jar"] {
        need(program);
    }
    let repository = repository().join("repository");
    let home = Home::new();
    let _daemon = home.daemon();
    let shop = home.project("shop", "");
    shop.write("pom.xml", QUICKSTART);
    let phases = ["compile = mvn compile", "test = mvn test", "package = mvn package"];
    assert_eq!(listed(&home, shop.dir()), phases);
    up_asks(&home, shop.dir(), "compile, test, package");

    let plugin = format!(
        "  <build>\n    <plugins>\n      <plugin>\n        <groupId>org.springframework.boot</groupId>\n        \
         <artifactId>spring-boot-maven-plugin</artifactId>\n        <version>{VERSION}</version>\n      \
         </plugin>\n    </plugins>\n"
    );
    shop.write("pom.xml", &QUICKSTART.replace("  <build>\n", &plugin));
    let options = format!("--offline\n-Dmaven.repo.local={}\n", repository.display());
    shop.write(".mvn/maven.config", &options);
    let all = [["spring-boot:run = mvn spring-boot:run"].as_slice(), &phases].concat();
    assert_eq!(listed(&home, shop.dir()), all);
    up_starts(&home, shop.dir(), "spring-boot:run");
    let url = url(&home, shop.dir(), "spring-boot:run");
    assert_eq!(http::get(&url).0, 200);
    down_leaves_nothing(&home, shop.dir(), "spring-boot:run", &[&url]);
}
