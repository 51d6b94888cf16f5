//! What a worker takes from itself before it sees a byte of a document.
//!
//! Four layers, each of which holds if the others fail: resource limits, Landlock (no file, no
//! TCP, no abstract socket, no signal to others), a list of the few system calls that reading and
//! answering need, and the empty environment the parent gave it. What this kernel lacks is
//! returned, to be said in the start log; nothing here may panic.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus,
    Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::Limits;

/// Stack of the one thread that parses: parsers recurse as deep as the document says.
pub const STACK_BYTES: usize = 64 << 20;

/// Before the parsing thread exists; what is set here is inherited by it.
pub fn before_thread(limits: &Limits) -> Vec<String> {
    let mut lacking = Vec::new();
    set(Resource::As, limits.memory_bytes, &mut lacking);
    set(Resource::Cpu, cpu_s_hard(limits), &mut lacking);
    set(Resource::Fsize, 0, &mut lacking);
    set(Resource::Core, 0, &mut lacking);
    if rustix::thread::set_no_new_privs(true).is_err() {
        lacking.push("no_new_privs is refused".into());
    }
    // Others of the same user can't trace it or read its memory.
    if rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        lacking.push("it stays dumpable".into());
    }
    match landlock() {
        Ok(RulesetStatus::FullyEnforced) => {}
        Ok(RulesetStatus::PartiallyEnforced) => lacking.push("Landlock holds in part".into()),
        Ok(RulesetStatus::NotEnforced) => lacking.push("the kernel has no Landlock".into()),
        Err(error) => lacking.push(format!("Landlock: {error}")),
    }
    lacking
}

/// In the parsing thread: from here on there is no new thread, process, file or socket.
pub fn in_thread() -> Vec<String> {
    let mut lacking = Vec::new();
    set(Resource::Nproc, 0, &mut lacking);
    set(Resource::Nofile, 0, &mut lacking);
    if let Err(why) = filter_calls() {
        lacking.push(format!("system call filter: {why}"));
    }
    lacking
}

/// CPU seconds of a worker's whole life. The parent sets a nearer limit for each document; this
/// one ends a worker that has lost its parent.
pub fn cpu_s_hard(limits: &Limits) -> u64 {
    let life = limits.cpu_s.saturating_mul(u64::from(limits.documents_per_worker).max(1));
    let allowed = rustix::process::getrlimit(Resource::Cpu).maximum.unwrap_or(u64::MAX);
    life.saturating_add(60).min(allowed)
}

fn set(resource: Resource, value: u64, lacking: &mut Vec<String>) {
    // A stricter limit that is there already stays.
    let hard = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX).min(value);
    let limit = Rlimit { current: Some(hard), maximum: Some(hard) };
    if rustix::process::setrlimit(resource, limit).is_err() {
        lacking.push(format!("limit {resource:?} is refused"));
    }
}

fn landlock() -> Result<RulesetStatus, landlock::RulesetError> {
    // Everything is handled and nothing is allowed by a rule. An older kernel enforces what it
    // knows.
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// Memory, locks, reading and writing what is open already, and the end.
fn filter_calls() -> Result<(), Box<dyn std::error::Error>> {
    let mut rules: Vec<(i64, Vec<SeccompRule>)> = [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_getrandom,
        libc::SYS_getpid,
        libc::SYS_getppid,
        libc::SYS_gettid,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ]
    .into_iter()
    .map(|call| (call, Vec::new()))
    .collect();
    // No memory that can be executed.
    let prot_exec = u64::try_from(libc::PROT_EXEC)?;
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        let plain = SeccompCondition::new(
            2,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(prot_exec),
            0,
        )?;
        rules.push((call, vec![SeccompRule::new(vec![plain])?]));
    }
    // abort() signals its own thread; nobody else may be signalled.
    let myself = u64::from(std::process::id());
    let own = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, myself)?;
    rules.push((libc::SYS_tgkill, vec![SeccompRule::new(vec![own])?]));
    let filter = SeccompFilter::new(
        rules.into_iter().collect(),
        // Refused, not killed: the allocator asks for the number of processors in /sys, and does
        // without the answer.
        SeccompAction::Errno(u32::try_from(libc::EPERM)?),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter_all_threads(&program)?;
    Ok(())
}
