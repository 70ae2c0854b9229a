//! What a reader says of the document that it wants.
//!
//! A [`Shape`] names places and is given what stands there. This is all that a reader and the scanner know of each other,
//! beside scalars.

use super::Scalar;

/// What a reader wants of a document.
pub(crate) trait Shape {
    /// A place in the document that the reader knows.
    type Place: Copy;

    /// The document itself.
    const ROOT: Self::Place;

    /// The place of an object's member, if it is of interest.
    fn member(place: Self::Place, key: &[u8]) -> Option<Self::Place>;

    /// The place of an array's elements, if they are of interest.
    fn element(place: Self::Place) -> Option<Self::Place>;

    /// Whether strings at a place are to be captured. Where not, they are content and are only seen to be there.
    fn reads_text(place: Self::Place) -> bool;

    /// Whether [`Shape::hear`] is to be given the strings at a place.
    fn hears(_place: Self::Place) -> bool {
        false
    }

    /// The next piece of a string, as written between its quotes, however long it is. Its end is told by
    /// [`Shape::scalar`].
    fn hear(&mut self, _place: Self::Place, _written: &[u8]) {}

    /// Whether [`Shape::tap`] is to be given the value at a place: a container, or a scalar. Taps do not nest: the
    /// outer one has it all.
    fn taps(_place: Self::Place, _value: Option<Container>) -> bool {
        false
    }

    /// The next bytes of a value, as written, with its quotes or brackets. A value that has ended is told by
    /// [`Shape::tapped`].
    fn tap(&mut self, _place: Self::Place, _written: &[u8]) {}

    /// The value that was given to [`Shape::tap`] is whole. Comes after its own [`Shape::close`] or [`Shape::scalar`].
    fn tapped(&mut self, _place: Self::Place) {}

    /// A container begins. Whether to go into it.
    fn open(&mut self, place: Self::Place, container: Container) -> bool;

    /// A container that was gone into ends.
    fn close(&mut self, place: Self::Place);

    /// A scalar.
    fn scalar(&mut self, place: Self::Place, scalar: &Scalar<'_>);

    /// Whether the document that was read last could be read again and change nothing, but by what [`Shape::hear`] and
    /// [`Shape::scalar`] are told of its strings that are not captured. Most chunks of a stream are such.
    fn repeats(&self) -> bool {
        false
    }
}
/// Object or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Object,
    Array,
}
