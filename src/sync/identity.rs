//! Identity: handles are equal if they are handles to the same lock, event, queue …, as Python's objects are.

/// Implements `ptr_eq`, `PartialEq`, `Eq` and `Hash` for handles around an `Rc`.
macro_rules! compares_by_identity {
    ($($name:ident $(<$item:ident>)?, $what:literal);+) => {
        $(
            impl $(<$item>)? $name $(<$item>)? {
                #[doc = concat!("Returns `true` if both are handles to the same ", $what, ". So does `==`.")]
                pub fn ptr_eq(&self, other: &Self) -> bool {
                    std::rc::Rc::ptr_eq(&self.0, &other.0)
                }
            }

            #[doc = concat!("Two handles are equal if they are handles to the same ", $what, ".")]
            impl $(<$item>)? PartialEq for $name $(<$item>)? {
                fn eq(&self, other: &Self) -> bool {
                    self.ptr_eq(other)
                }
            }

            impl $(<$item>)? Eq for $name $(<$item>)? {}

            impl $(<$item>)? std::hash::Hash for $name $(<$item>)? {
                fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                    std::ptr::hash(std::rc::Rc::as_ptr(&self.0), state);
                }
            }
        )+
    };
}

pub(super) use compares_by_identity;
