//! Every error and every panic becomes one `VectorFuseException`; the JVM never dies of either.

use std::any::Any;
use std::cell::RefCell;
use std::error::Error as _;
use std::panic;
use std::sync::Once;

use jni::Env;
use jni::errors::ErrorPolicy;
use jni::objects::{JThrowable, JValue};
use jni::{jni_sig, jni_str};
use vectorfuse_core::error::{Error, Kind};

/// What a native method ends with when it fails.
pub enum Fault {
    /// A fault of ours, which the caller is told.
    Ours(Error),
    /// A fault of the JVM, most often an exception that is pending already.
    Jni(jni::errors::Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<jni::errors::Error> for Fault {
    fn from(error: jni::errors::Error) -> Self {
        Self::Jni(error)
    }
}

thread_local! {
    /// What the last panic of this thread said and where, for the exception that follows.
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The default hook prints to the executor's log; ours keeps the words for the exception.
pub fn keep_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            LAST_PANIC.with(|last| *last.borrow_mut() = Some(info.to_string()));
        }));
    });
}

/// Throws `VectorFuseException` and gives the default value, which the JVM does not look at.
pub struct Throw;

impl<T: Default> ErrorPolicy<T, Fault> for Throw {
    type Captures<'local: 'method, 'method> = ();

    fn on_error<'local: 'method, 'method>(
        env: &mut Env<'local>,
        _captures: &mut (),
        fault: Fault,
    ) -> jni::errors::Result<T> {
        if env.exception_check() {
            return Ok(T::default());
        }
        match fault {
            Fault::Ours(error) => throw(env, error.kind(), &words(&error))?,
            Fault::Jni(error) => throw(env, Kind::Internal, &format!("the JVM refused a call: {error}"))?,
        }
        Ok(T::default())
    }

    fn on_panic<'local: 'method, 'method>(
        env: &mut Env<'local>,
        _captures: &mut (),
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        let said = payload.downcast_ref::<&str>().map(|said| (*said).to_owned());
        let said = LAST_PANIC.with(|last| last.borrow_mut().take()).or(said).unwrap_or_default();
        if !env.exception_check() {
            throw(env, Kind::Internal, &format!("a defect of VectorFuse, please report it: {said}"))?;
        }
        Ok(T::default())
    }
}

/// An error's message with those of its causes.
fn words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

fn throw(env: &mut Env<'_>, kind: Kind, message: &str) -> jni::errors::Result<()> {
    let kind = env.new_string(kind.name())?;
    let message = env.new_string(message)?;
    let arguments = [JValue::Object(&kind), JValue::Object(&message)];
    let constructor = jni_sig!("(Ljava/lang/String;Ljava/lang/String;)V");
    let exception = env.new_object(jni_str!("io/vectorfuse/spark/VectorFuseException"), constructor, &arguments)?;
    let exception = env.cast_local::<JThrowable>(exception)?;
    match env.throw(exception) {
        // That is how `throw` says that it did.
        Ok(()) | Err(jni::errors::Error::JavaException) => Ok(()),
        Err(error) => Err(error),
    }
}
