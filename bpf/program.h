/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Which file a process executes. */
#ifndef ST_PROGRAM_H
#define ST_PROGRAM_H

/* When a file's content or facts changed last. Since 6.13 one bit says whether somebody looked. */
static __always_inline void st_read_change(struct inode *inode, struct st_program *program)
{
  struct inode___v6_11 *new_inode = (void *)inode;
  struct inode___v6_6 *inode_of_6_6 = (void *)inode;

  if (bpf_core_field_exists(new_inode->i_ctime_sec)) {
    program->changed_s = new_inode->i_ctime_sec;
    program->changed_ns = new_inode->i_ctime_nsec & 0x3fffffff;
  } else if (bpf_core_field_exists(inode_of_6_6->__i_ctime)) {
    program->changed_s = inode_of_6_6->__i_ctime.tv_sec;
    program->changed_ns = inode_of_6_6->__i_ctime.tv_nsec;
  } else if (bpf_core_field_exists(inode->i_ctime)) {
    program->changed_s = inode->i_ctime.tv_sec;
    program->changed_ns = inode->i_ctime.tv_nsec;
  }
}

/* What a process executes; false for a thread of the kernel and for one that is ending. */
static __always_inline bool st_read_program(struct task_struct *task, struct st_program *program)
{
  struct mm_struct *memory = task->mm;
  struct inode *inode;
  struct file *file;

  if (!memory) return false;
  file = memory->exe_file;
  if (!file) return false;
  inode = file->f_inode;
  program->inode = inode->i_ino;
  program->device = inode->i_sb->s_dev;
  st_read_change(inode, program);
  return true;
}

#endif
