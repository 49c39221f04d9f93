//! An in-order walk of a binary tree: one generator per node, each of which delegates to those of its children.

use std::{cell::LazyCell, rc::Rc};

use tminus_benches::{Comparison, Contender, digest};

use crate::contenders::{COROSENSEI, GENAWAITER_BOXED, TMINUS};

const EXPLICIT_STACK: &str = "explicit stack";
const OWNING_STACK: &str = "explicit stack, owning";

pub struct Node {
    value: u64,
    left: Link,
    right: Link,
}

type Link = Option<Rc<Node>>;

#[derive(Clone, Copy)]
pub enum Shape {
    /// A tree whose nodes lie in memory in the order of the walk.
    Balanced,
    /// A tree whose nodes are scattered in memory: each is a cache miss, if the tree is large enough.
    Scattered,
    /// A node has a left child or none.
    LeftList,
    /// A node has a right child or none.
    RightList,
}

pub fn comparison(shape: Shape, nodes: u64) -> Comparison {
    let (name, title) = match shape {
        Shape::Balanced => ("balanced", "balanced tree"),
        Shape::Scattered => ("scattered", "balanced tree, scattered in memory"),
        Shape::LeftList => ("left-list", "list of left children"),
        Shape::RightList => ("right-list", "list of right children"),
    };
    let tree = Rc::new(LazyCell::new(move || shape.tree(nodes)));
    let walks = |name, walk: fn(&Rc<Node>) -> u64| {
        let tree = tree.clone();
        Contender::new(name, move || {
            let tree = Rc::clone(&tree);
            move |runs| (0..runs).fold(0, |sum, _| digest(sum, walk(&tree)))
        })
    };
    Comparison {
        name: format!("{name}-{nodes}"),
        title: format!("In-order walk of {nodes} nodes, {title}"),
        unit: "node",
        units_per_run: nodes,
        runs: 1,
        baseline: EXPLICIT_STACK,
        contenders: vec![
            walks(EXPLICIT_STACK, |tree| {
                explicit_stack::in_order(tree).fold(0, digest)
            }),
            walks(OWNING_STACK, |tree| {
                owning_stack::in_order(tree.clone()).fold(0, digest)
            }),
            walks(COROSENSEI, |tree| {
                corosensei::in_order(tree.clone()).fold(0, digest)
            }),
            walks(GENAWAITER_BOXED, |tree| {
                genawaiter::in_order(tree.clone())
                    .into_iter()
                    .fold(0, digest)
            }),
            walks(TMINUS, |tree| {
                tminus::in_order(tree.clone()).fold(0, |sum, value| {
                    digest(sum, value.expect("the walk raises nothing"))
                })
            }),
        ],
    }
}

impl Shape {
    /// A tree whose nodes hold 0, 1, 2, … in order.
    fn tree(self, nodes: u64) -> Rc<Node> {
        match self {
            Shape::Balanced => balanced(&mut leaves(nodes, 1)),
            Shape::Scattered => balanced(&mut leaves(nodes, 514_229)),
            Shape::LeftList => (0..nodes).fold(None, |left, value| {
                let right = None;
                Some(Rc::new(Node { value, left, right }))
            }),
            Shape::RightList => (0..nodes).rev().fold(None, |right, value| {
                let left = None;
                Some(Rc::new(Node { value, left, right }))
            }),
        }
        .expect("a tree has at least one node")
    }
}

/// Nodes not yet connected, created in steps of `stride`, 1 or a prime that does not divide their number.
fn leaves(nodes: u64, stride: u64) -> Vec<Link> {
    let mut leaves = vec![None; nodes as usize];
    for i in 0..nodes {
        let value = i * stride % nodes;
        let (left, right) = (None, None);
        leaves[value as usize] = Some(Rc::new(Node { value, left, right }));
    }
    leaves
}

fn balanced(nodes: &mut [Link]) -> Link {
    let middle = nodes.len() / 2;
    let mut root = nodes.get_mut(middle)?.take();
    let node = Rc::get_mut(root.as_mut()?).expect("nobody else has it yet");
    node.left = balanced(&mut nodes[..middle]);
    node.right = balanced(&mut nodes[middle + 1..]);
    root
}

mod explicit_stack {
    use super::Node;

    pub struct InOrder<'a> {
        /// The nodes whose left subtree is being walked, outermost first.
        waiting: Vec<&'a Node>,
        next: Option<&'a Node>,
    }

    pub fn in_order(tree: &Node) -> InOrder<'_> {
        InOrder {
            waiting: Vec::new(),
            next: Some(tree),
        }
    }

    impl Iterator for InOrder<'_> {
        type Item = u64;

        // A call, as a resume is for all the others.
        #[inline(never)]
        fn next(&mut self) -> Option<u64> {
            while let Some(node) = self.next {
                self.waiting.push(node);
                self.next = node.left.as_deref();
            }
            let node = self.waiting.pop()?;
            self.next = node.right.as_deref();
            Some(node.value)
        }
    }
}

/// The explicit stack of a `'static` iterator, which has to hold an `Rc` of each node to which it will return.
mod owning_stack {
    use std::rc::Rc;

    use super::{Link, Node};

    pub struct InOrder {
        /// The nodes whose left subtree is being walked, outermost first.
        waiting: Vec<Rc<Node>>,
        next: Link,
    }

    pub fn in_order(tree: Rc<Node>) -> InOrder {
        InOrder {
            waiting: Vec::new(),
            next: Some(tree),
        }
    }

    impl Iterator for InOrder {
        type Item = u64;

        // A call, as a resume is for all the others.
        #[inline(never)]
        fn next(&mut self) -> Option<u64> {
            while let Some(node) = self.next.take() {
                self.next = node.left.clone();
                self.waiting.push(node);
            }
            let node = self.waiting.pop()?;
            self.next = node.right.clone();
            Some(node.value)
        }
    }
}

mod corosensei {
    use std::{iter, rc::Rc};

    use corosensei::{Coroutine, Yielder, stack::DefaultStack};

    use super::Node;

    /// Enough for recursion over the longest list.
    const STACK: usize = 16 << 20;

    pub fn in_order(tree: Rc<Node>) -> impl Iterator<Item = u64> {
        let stack = DefaultStack::new(STACK).expect("the system has memory for a stack");
        let mut coroutine = Coroutine::with_stack(stack, move |yielder, ()| walk(yielder, &tree));
        iter::from_fn(move || coroutine.resume(()).as_yield())
    }

    fn walk(yielder: &Yielder<(), u64>, node: &Node) {
        if let Some(left) = &node.left {
            walk(yielder, left);
        }
        yielder.suspend(node.value);
        if let Some(right) = &node.right {
            walk(yielder, right);
        }
    }
}

mod genawaiter {
    use std::rc::Rc;

    use super::Node;
    use crate::contenders::genawaiter::{Boxed, boxed};

    pub fn in_order(node: Rc<Node>) -> Boxed<()> {
        boxed(async move |co| {
            if let Some(left) = &node.left {
                for value in in_order(left.clone()) {
                    co.yield_(value).await;
                }
            }
            co.yield_(node.value).await;
            if let Some(right) = &node.right {
                for value in in_order(right.clone()) {
                    co.yield_(value).await;
                }
            }
        })
    }
}

mod tminus {
    use std::rc::Rc;

    use tminus::Generator;

    use super::Node;

    pub fn in_order(node: Rc<Node>) -> Generator<u64> {
        Generator::new(async move |co| {
            if let Some(left) = &node.left {
                co.yield_from(in_order(left.clone())).await?;
            }
            co.yield_(node.value).await?;
            if let Some(right) = &node.right {
                co.yield_from(in_order(right.clone())).await?;
            }
            Ok(())
        })
    }
}
