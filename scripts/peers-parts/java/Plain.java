import java.io.File;
import org.eclipse.jgit.api.Git;

/** A client on JGit that knows nothing of signatures: it commits, and asks JGit what it finds of a signature. */
public class Plain {
  public static void main(String[] arguments) throws Exception {
    try (Git git = Git.open(new File("."))) {
      System.out.println("verified " + git.verifySignature().addName("HEAD").call().size());
      git.commit().setAllowEmpty(true).setMessage("made by JGit").call();
    }
  }
}
