//! Commits the empty tree on a branch that has no commit yet, by gitoxide's own call.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repository = gix::open(".")?;
    let tree = repository.empty_tree().id;
    let id = repository.commit("HEAD", "made by gitoxide", tree, gix::commit::NO_PARENT_IDS)?;
    println!("{id}");
    Ok(())
}
